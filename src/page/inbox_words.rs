//! The texts of the inbox: states, what changes them, and keys.

use super::notice::{Extent, Notice};
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
    pub remove: &'static str,

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
    /// The number, where only so many were counted.
    pub more_than: &'static str,
    /// Where others remain.
    pub made_part: &'static str,
    pub made_nothing: &'static str,
    pub restored: &'static str,
    pub undo: &'static str,

    pub inbox_empty: Empty,
    pub unread_empty: Empty,
    pub done_empty: Empty,

    pub keys: &'static str,
    pub keys_on: &'static str,
    pub close: &'static str,
    /// Each key with what it does.
    pub each_key: [(&'static str, &'static str); 9],
}

/// What a list without messages says.
#[derive(Debug)]
pub struct Empty {
    pub title: &'static str,
    pub advice: &'static str,
}

impl Words {
    /// Returns what the last form did.
    pub fn changed(&self, notice: &Notice) -> String {
        let made = match notice.change {
            _ if notice.extent == Extent::Nothing => return self.made_nothing.to_owned(),
            None => return self.restored.to_owned(),
            Some(Change::Read) => &self.made_read,
            Some(Change::Unread) => &self.made_unread,
            Some(Change::Done) => &self.made_done,
            Some(Change::Undone) => &self.made_undone,
        };
        match notice.extent {
            Extent::Counted => {
                let number = self.more_than.replace("{}", &notice.count.to_string());
                made.many.replace("{}", &number)
            }
            Extent::Part => format!("{} {}", made.of(notice.count), self.made_part),
            Extent::All | Extent::Nothing => made.of(notice.count),
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
    remove: "remove this filter",

    mark_read: "Mark as read",
    mark_unread: "Mark as unread",
    mark_done: "Done",
    put_back: "Return to inbox",
    delete: "Delete…",
    all_done: Counted {
        one: "Mark this message as done",
        many: "Mark all {} as done",
    },
    all_done_many: "Mark all matches as done",

    made_read: Counted {
        one: "1 message was marked as read.",
        many: "{} messages were marked as read.",
    },
    made_unread: Counted {
        one: "1 message was marked as unread.",
        many: "{} messages were marked as unread.",
    },
    made_done: Counted {
        one: "1 message was marked as done.",
        many: "{} messages were marked as done.",
    },
    made_undone: Counted {
        one: "1 message was returned to the inbox.",
        many: "{} messages were returned to the inbox.",
    },
    more_than: "More than {}",
    made_part: "More match: repeat this to change them, too.",
    made_nothing: "Nothing was selected.",
    restored: "The last change was undone.",
    undo: "Undo",

    inbox_empty: Empty {
        title: "The inbox is empty",
        advice: "If the same thing happens to the same resource again, the new message appears here.",
    },
    unread_empty: Empty {
        title: "Nothing is unread",
        advice: "New messages appear here. Those that you have read are in the inbox.",
    },
    done_empty: Empty {
        title: "Nothing is done",
        advice: "Messages that you mark as done appear here.",
    },

    keys: "Keys",
    keys_on: "Use these keys on this page",
    close: "Close",
    each_key: [
        ("j", "next message"),
        ("k", "previous message"),
        ("o", "open the message"),
        ("x", "select the message"),
        ("e", "mark as done, or return to the inbox"),
        ("u", "mark as unread"),
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
    remove: "移除此条件",

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
        one: "已将 1 条消息标为已处理。",
        many: "已将 {} 条消息标为已处理。",
    },
    made_undone: Counted {
        one: "已将 1 条消息移回收件箱。",
        many: "已将 {} 条消息移回收件箱。",
    },
    more_than: "{} 多",
    made_part: "还有符合条件的消息：再次操作即可更改。",
    made_nothing: "未选择任何消息。",
    restored: "已撤销上一次更改。",
    undo: "撤销",

    inbox_empty: Empty {
        title: "收件箱是空的",
        advice: "如果同一资源再次发生同样的情况，新消息会出现在这里。",
    },
    unread_empty: Empty {
        title: "没有未读消息",
        advice: "新消息会出现在这里。已读的消息在收件箱中。",
    },
    done_empty: Empty {
        title: "没有已处理的消息",
        advice: "标为已处理的消息会出现在这里。",
    },

    keys: "快捷键",
    keys_on: "在此页使用这些快捷键",
    close: "关闭",
    each_key: [
        ("j", "下一条消息"),
        ("k", "上一条消息"),
        ("o", "打开消息"),
        ("x", "选择消息"),
        ("e", "标为已处理，或移回收件箱"),
        ("u", "标为未读"),
        ("/", "搜索"),
        ("?", "显示快捷键"),
        ("Esc", "返回列表"),
    ],
};
