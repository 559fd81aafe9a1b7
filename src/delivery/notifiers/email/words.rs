//! The texts of e-mails in each language. A missing text is a compile error.

use crate::catalog::Language;

/// The texts in one language.
pub struct Words {
    /// The label of the type of an event; the next ones are labels, too.
    pub event_type: &'static str,
    pub time: &'static str,
    pub priority: &'static str,
    pub project: &'static str,
    pub request: &'static str,
    pub event_id: &'static str,
    /// Above the fields of the payload.
    pub details: &'static str,
    /// The label of the remedy.
    pub remedy: &'static str,
    /// The first line of a digest; `{}` is the number of events, at least two.
    pub digest: &'static str,
    /// The last line; `{}` is the listener.
    pub footer: &'static str,
    /// The subject of a request for consent.
    pub consent: &'static str,
    /// Its text; `{link}` is the link, `{project}` the id of the project.
    pub consent_text: &'static str,
}

static ENGLISH: Words = Words {
    event_type: "Event type",
    time: "Time",
    priority: "Priority",
    project: "Project",
    request: "Request",
    event_id: "Event ID",
    details: "Details",
    remedy: "What you can do",
    digest: "{} events",
    footer: "Sent by the event listener {}.",
    consent: "Do you want to receive events by e-mail?",
    consent_text: "Someone in this cloud asks to send the events of the project {project} to this address.\n\n\
                   To agree or to refuse, open this link within three days:\n\n{link}\n\n\
                   If you do nothing, no events are sent to you. If you agree, keep this e-mail: with the same link you can \
                   stop them later.\n",
};

static CHINESE: Words = Words {
    event_type: "事件类型",
    time: "时间",
    priority: "优先级",
    project: "项目",
    request: "请求",
    event_id: "事件 ID",
    details: "详细信息",
    remedy: "您可以",
    digest: "{} 个事件",
    footer: "由事件监听器 {} 发送。",
    consent: "您是否愿意通过邮件接收事件？",
    consent_text: "此云平台的一位用户请求将项目 {project} 的事件发送到这个地址。\n\n\
                   要同意或拒绝，请在三天内打开以下链接：\n\n{link}\n\n\
                   如果不作任何操作，不会向您发送事件。如果同意，请保留这封邮件：以后可以用同一链接停止接收。\n",
};

/// Returns the texts in a language; in English for a language that a site added only to its catalog.
pub fn words(language: Language) -> &'static Words {
    match language.tag() {
        "zh_CN" => &CHINESE,
        _ => &ENGLISH,
    }
}
