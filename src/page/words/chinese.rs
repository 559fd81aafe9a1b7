//! 简体中文。

use super::{Counted, Words};

pub(super) static WORDS: Words = Words {
    title: "消息",
    skip: "跳到正文",
    language: "语言",
    project: "项目",
    signed_in_as: "当前用户",
    open: "此服务器未启用登录：能访问它的任何人都可以读取和删除消息。",
    messages: "消息",
    just_now: "刚刚",
    minutes_ago: Counted {
        one: "1 分钟前",
        many: "{} 分钟前",
    },
    hours_ago: Counted {
        one: "1 小时前",
        many: "{} 小时前",
    },
    days_ago: Counted {
        one: "1 天前",
        many: "{} 天前",
    },
    empty: "没有消息。",
};
