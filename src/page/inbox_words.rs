//! The texts of the inbox: states, what changes them, and keys.

use super::notice::Notice;
use super::words::Counted;
use crate::catalog::Language;
use crate::message::Change;

/// The texts in one language.
#[derive(Debug)]
pub struct Words {
    pub states: &'static str,
    pub inbox: &'static str,
    pub done: &'static str,
    pub all: &'static str,
    pub unread_only: &'static str,
    pub any_service: &'static str,

    pub mark_read: &'static str,
    pub mark_unread: &'static str,
    pub mark_done: &'static str,
    pub put_back: &'static str,
    pub delete: &'static str,
    pub all_done: Counted,
    pub all_done_many: &'static str,

    pub made_read: Counted,
    pub made_unread: Counted,
    pub made_done: Counted,
    pub made_undone: Counted,
    pub restored: &'static str,
    pub undo: &'static str,

    pub inbox_empty: &'static str,
    pub inbox_empty_advice: &'static str,

    pub keys: &'static str,
    pub keys_on: &'static str,
    pub close: &'static str,
    /// Each key with what it does.
    pub each_key: [(&'static str, &'static str); 9],
}

impl Words {
    /// Returns what the last form did.
    pub fn changed(&self, notice: &Notice) -> String {
        let count = notice.count;
        match notice.change {
            Some(Change::Read) => self.made_read.of(count),
            Some(Change::Unread) => self.made_unread.of(count),
            Some(Change::Done) => self.made_done.of(count),
            Some(Change::Undone) => self.made_undone.of(count),
            None => self.restored.to_owned(),
        }
    }
}

/// Returns the texts in a language; in English for a language that a site added only to its catalog.
pub fn words(language: Language) -> &'static Words {
    match language.tag() {
        "zh_CN" => &CHINESE,
        _ => &ENGLISH,
    }
}

static ENGLISH: Words = Words {
    states: "States",
    inbox: "Inbox",
    done: "Done",
    all: "All",
    unread_only: "Unread only",
    any_service: "Any service",

    mark_read: "Mark read",
    mark_unread: "Mark unread",
    mark_done: "Done",
    put_back: "Return to inbox",
    delete: "Delete…",
    all_done: Counted {
        one: "Done with this message",
        many: "Done with all {}",
    },
    all_done_many: "Done with all that match",

    made_read: Counted {
        one: "1 message was marked as read.",
        many: "{} messages were marked as read.",
    },
    made_unread: Counted {
        one: "1 message was marked as unread.",
        many: "{} messages were marked as unread.",
    },
    made_done: Counted {
        one: "1 message is done.",
        many: "{} messages are done.",
    },
    made_undone: Counted {
        one: "1 message is in the inbox again.",
        many: "{} messages are in the inbox again.",
    },
    restored: "The last change was undone.",
    undo: "Undo",

    inbox_empty: "The inbox is empty",
    inbox_empty_advice: "A done message returns when the same happens to the same resource again.",

    keys: "Keys",
    keys_on: "Use these keys on this page",
    close: "Close",
    each_key: [
        ("j", "next message"),
        ("k", "previous message"),
        ("o", "open the message"),
        ("x", "select the message"),
        ("e", "done"),
        ("u", "mark unread"),
        ("/", "search"),
        ("?", "show these keys"),
        ("Esc", "back to the list"),
    ],
};

static CHINESE: Words = Words {
    states: "状态",
    inbox: "收件箱",
    done: "已处理",
    all: "全部",
    unread_only: "仅未读",
    any_service: "所有服务",

    mark_read: "标为已读",
    mark_unread: "标为未读",
    mark_done: "标为已处理",
    put_back: "移回收件箱",
    delete: "删除…",
    all_done: Counted {
        one: "将此消息标为已处理",
        many: "将全部 {} 条标为已处理",
    },
    all_done_many: "将符合条件的全部标为已处理",

    made_read: Counted {
        one: "已将 1 条消息标为已读。",
        many: "已将 {} 条消息标为已读。",
    },
    made_unread: Counted {
        one: "已将 1 条消息标为未读。",
        many: "已将 {} 条消息标为未读。",
    },
    made_done: Counted {
        one: "已处理 1 条消息。",
        many: "已处理 {} 条消息。",
    },
    made_undone: Counted {
        one: "已将 1 条消息移回收件箱。",
        many: "已将 {} 条消息移回收件箱。",
    },
    restored: "已撤销上一次更改。",
    undo: "撤销",

    inbox_empty: "收件箱是空的",
    inbox_empty_advice: "如果同一资源再次发生同样的情况，已处理的消息会回到这里。",

    keys: "快捷键",
    keys_on: "在此页使用这些快捷键",
    close: "关闭",
    each_key: [
        ("j", "下一条消息"),
        ("k", "上一条消息"),
        ("o", "打开消息"),
        ("x", "选择消息"),
        ("e", "标为已处理"),
        ("u", "标为未读"),
        ("/", "搜索"),
        ("?", "显示快捷键"),
        ("Esc", "返回列表"),
    ],
};
