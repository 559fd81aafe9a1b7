//! The texts of the operators' view in each language. A missing text is a compile error.

use super::words::Counted;
use crate::catalog::Language;

/// The texts in one language.
#[derive(Debug)]
pub struct Words {
    pub heading: &'static str,
    pub hours: Counted,
    pub days: Counted,
    pub remove: &'static str,
    pub text: &'static str,
    pub errors_before: &'static str,
    pub recorded: &'static str,
    pub nothing: &'static str,
    pub peak: &'static str,
    pub about_counts: &'static str,
    pub counted_until: &'static str,
    pub not_counted: &'static str,
    pub codes: &'static str,
    pub projects: &'static str,
    pub services: &'static str,
    pub trend: &'static str,
    pub count: &'static str,

    // The panels.
    pub panels: &'static str,
    pub part: &'static str,
    pub state: &'static str,
    pub steps: &'static str,
    pub draft: &'static str,
}

/// Returns the texts in a language; in English for a language that a site added only to its catalog.
pub fn words(language: Language) -> &'static Words {
    match language.tag() {
        "zh_CN" => &CHINESE,
        _ => &ENGLISH,
    }
}

static ENGLISH: Words = Words {
    heading: "What fails in the cloud",
    hours: Counted {
        one: "Last hour",
        many: "Last {} hours",
    },
    days: Counted {
        one: "Last day",
        many: "Last {} days",
    },
    remove: "remove this filter",
    text: "Words of the message",
    errors_before: "errors in the previous period",
    recorded: "Recorded over time",
    nothing: "Nothing was recorded in this time.",
    peak: "Peak:",
    about_counts: "Counts say what was recorded; deleting messages does not lower them.",
    counted_until: "Counted until",
    not_counted: "What is stored is not counted yet.",
    codes: "Most frequent messages",
    projects: "Projects",
    services: "Services",
    trend: "Trend",
    count: "Recorded",

    panels: "Parts of the system",
    part: "Part",
    state: "State",
    steps: "Steps",
    draft: "Draft for the catalog",
};

static CHINESE: Words = Words {
    heading: "云平台中的故障",
    hours: Counted {
        one: "最近 1 小时",
        many: "最近 {} 小时",
    },
    days: Counted {
        one: "最近 1 天",
        many: "最近 {} 天",
    },
    remove: "移除此条件",
    text: "消息中的词",
    errors_before: "上一时段的错误",
    recorded: "随时间记录的消息",
    nothing: "这段时间内没有记录消息。",
    peak: "峰值：",
    about_counts: "数字表示记录过的消息；删除消息不会使其减少。",
    counted_until: "统计截至",
    not_counted: "已存储的消息尚未统计。",
    codes: "最常见的消息",
    projects: "项目",
    services: "服务",
    trend: "趋势",
    count: "已记录",

    panels: "系统各部分",
    part: "部分",
    state: "状态",
    steps: "步骤",
    draft: "目录条目草稿",
};
