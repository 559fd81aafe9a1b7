//! The texts of the page for recipients of e-mails, in each language. A missing text is a compile error.

use crate::catalog::Language;

/// The texts in one language. `{address}` and `{project}` stand for the recipient's address and the project's id.
#[derive(Debug)]
pub struct Words {
    pub question: &'static str,
    pub question_text: &'static str,
    pub confirmed: &'static str,
    pub confirmed_text: &'static str,
    pub refused: &'static str,
    pub refused_text: &'static str,
    pub expired: &'static str,
    pub expired_text: &'static str,
    pub unknown: &'static str,
    pub unknown_text: &'static str,
    pub confirm: &'static str,
    pub refuse: &'static str,
}

/// Returns the texts in a language; in English for a language that a site added only to its catalog.
pub fn words(language: Language) -> &'static Words {
    match language.tag() {
        "zh_CN" => &CHINESE,
        _ => &ENGLISH,
    }
}

static ENGLISH: Words = Words {
    question: "Do you want to receive events by e-mail?",
    question_text: "Someone in this cloud asks to send the events of the project {project} to {address}. Nothing is sent unless \
                    you agree.",
    confirmed: "You receive events by e-mail",
    confirmed_text: "The events of the project {project} are sent to {address}. Keep the e-mail with this link: you can stop them \
                     here at any time.",
    refused: "You receive no events",
    refused_text: "No events of the project {project} are sent to {address}, and this project cannot ask you again for a year.",
    expired: "This link has expired",
    expired_text: "The project {project} may ask {address} again. If you do not want that, refuse here.",
    unknown: "This link is not valid",
    unknown_text: "If you were sent several e-mails, use the link in the last one. If it was broken over several lines, copy all \
                   of it.",
    confirm: "Send me events",
    refuse: "Send me none, and do not ask again",
};

static CHINESE: Words = Words {
    question: "您是否愿意通过邮件接收事件？",
    question_text: "此云平台的一位用户请求将项目 {project} 的事件发送到 {address}。未经您同意，不会发送任何内容。",
    confirmed: "您将通过邮件接收事件",
    confirmed_text: "项目 {project} 的事件将发送到 {address}。请保留含有此链接的邮件：您可以随时在这里停止接收。",
    refused: "您不会收到事件",
    refused_text: "项目 {project} 的事件不会发送到 {address}，此项目在一年内也不能再次询问您。",
    expired: "此链接已过期",
    expired_text: "项目 {project} 可能会再次询问 {address}。如果您不希望如此，请在这里拒绝。",
    unknown: "此链接无效",
    unknown_text: "如果您收到多封邮件，请使用最后一封中的链接。如果链接被分成多行，请完整复制。",
    confirm: "向我发送事件",
    refuse: "不要发送，也不要再询问",
};
