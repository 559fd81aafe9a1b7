//! The texts of the panels in each language. A missing text is a compile error.

use crate::catalog::Language;

/// The texts in one language.
#[derive(Debug)]
pub struct Words {
    pub coverage: &'static str,
    pub covered: &'static str,
    pub often: &'static str,
    pub unmatched: &'static str,
    pub unknown: &'static str,

    pub listeners: &'static str,
    pub no_listeners: &'static str,
    pub whole_cloud: &'static str,
    pub waiting: &'static str,
    pub dead: &'static str,
    pub enabled: &'static str,
    pub disabled: &'static str,
    pub failing: &'static str,
    pub enable: &'static str,
    pub disable: &'static str,
    pub redeliver: &'static str,

    pub no_dead: &'static str,
    pub attempts: &'static str,

    pub drivers: &'static str,
    pub no_drivers: &'static str,
    pub idle: &'static str,
    pub oldest: &'static str,
    pub delivered: &'static str,
    pub failed: &'static str,
    pub dropped: &'static str,

    pub sources: &'static str,
    pub no_sources: &'static str,
    pub ingest: &'static str,
    pub follow: &'static str,
    pub since_start: &'static str,
    pub connected: &'static str,
    pub unconnected: &'static str,
    pub active: &'static str,
    pub elsewhere: &'static str,
    pub lag: &'static str,
    pub recorded: &'static str,
    pub rejected: &'static str,
    pub unmatched_failures: &'static str,
    pub ownerless: &'static str,

    pub failures: &'static str,
    pub no_failures: &'static str,

    pub upkeep: &'static str,
    pub purge: &'static str,
    pub never_here: &'static str,
    pub seconds: &'static str,
    pub lease: &'static str,
    pub lease_over: &'static str,
    pub database: &'static str,
    pub queue: &'static str,
}

/// Returns the texts in a language; in English for a language that a site added only to its catalog.
pub fn words(language: Language) -> &'static Words {
    match language.tag() {
        "zh_CN" => &CHINESE,
        _ => &ENGLISH,
    }
}

static ENGLISH: Words = Words {
    coverage: "Failures without a message of their own",
    covered: "Every failure made a message that says what happened.",
    often: "How often",
    unmatched: "notifications made no message; the last one came",
    unknown: "messages say only that an unknown error occurred",

    listeners: "Listeners",
    no_listeners: "There are no listeners.",
    whole_cloud: "all projects",
    waiting: "Waiting",
    dead: "Dead letters",
    enabled: "enabled",
    disabled: "disabled",
    failing: "failing",
    enable: "Enable",
    disable: "Disable",
    redeliver: "Deliver dead letters again",

    no_dead: "There are no dead letters.",
    attempts: "Attempts",

    drivers: "Drivers",
    no_drivers: "No driver is configured, and no events wait for one.",
    idle: "nothing waits",
    oldest: "oldest event reported",
    delivered: "Delivered",
    failed: "Failed attempts",
    dropped: "Dropped",

    sources: "Where messages come from",
    no_sources: "This server neither consumes notifications nor follows tables.",
    ingest: "Notifications",
    follow: "Followed table",
    since_start: "since this server started",
    connected: "connected",
    unconnected: "not connected",
    active: "followed by this server",
    elsewhere: "followed by another server, or not at all",
    lag: "Lag (s)",
    recorded: "Recorded",
    rejected: "Rejected",
    unmatched_failures: "Without rule",
    ownerless: "Without owner",

    failures: "Failure notifications",
    no_failures: "No failure was reported.",

    upkeep: "Purge, leases and database",
    purge: "Purge",
    never_here: "not run by this server",
    seconds: "{} s",
    lease: "Lease",
    lease_over: "has ended",
    database: "Database",
    queue: "{} writes wait",
};

static CHINESE: Words = Words {
    coverage: "没有专门消息的故障",
    covered: "每个故障都有说明原因的消息。",
    often: "次数",
    unmatched: "通知没有产生消息；最近一次在",
    unknown: "消息只说明发生了未知错误",

    listeners: "监听器",
    no_listeners: "没有监听器。",
    whole_cloud: "所有项目",
    waiting: "等待投递",
    dead: "死信",
    enabled: "已启用",
    disabled: "已停用",
    failing: "投递失败",
    enable: "启用",
    disable: "停用",
    redeliver: "重新投递死信",

    no_dead: "没有死信。",
    attempts: "尝试次数",

    drivers: "驱动",
    no_drivers: "没有配置驱动，也没有事件在等待。",
    idle: "没有等待的事件",
    oldest: "最早的事件报告于",
    delivered: "已投递",
    failed: "失败的尝试",
    dropped: "已丢弃",

    sources: "消息来源",
    no_sources: "此服务器既不消费通知，也不跟随数据表。",
    ingest: "通知",
    follow: "跟随的数据表",
    since_start: "自此服务器启动以来",
    connected: "已连接",
    unconnected: "未连接",
    active: "由此服务器跟随",
    elsewhere: "由其他服务器跟随，或无人跟随",
    lag: "延迟（秒）",
    recorded: "已记录",
    rejected: "已拒绝",
    unmatched_failures: "无规则",
    ownerless: "无归属",

    failures: "故障通知",
    no_failures: "没有报告故障。",

    upkeep: "清理、租约与数据库",
    purge: "清理",
    never_here: "此服务器未执行过",
    seconds: "{} 秒",
    lease: "租约",
    lease_over: "已结束",
    database: "数据库",
    queue: "{} 个写操作在排队",
};
