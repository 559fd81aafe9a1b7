//! The texts of the sign-in pages in each language. A missing text is a compile error.

use crate::catalog::Language;

/// The texts in one language.
#[derive(Debug)]
pub struct Words {
    pub sign_in: &'static str,
    pub with_password: &'static str,
    pub user: &'static str,
    pub password: &'static str,
    pub domain: &'static str,
    pub project: &'static str,
    pub project_hint: &'static str,
    pub with_credential: &'static str,
    pub credential_id: &'static str,
    pub credential_secret: &'static str,
    pub incomplete: &'static str,
    pub refused: &'static str,
    pub too_often: &'static str,
    pub unavailable: &'static str,
    pub out_of_date: &'static str,
    pub insecure: &'static str,
    pub choose: &'static str,
    pub switch: &'static str,
    pub current: &'static str,
    pub foreign: &'static str,
    pub wanted: &'static str,
    pub not_entered: &'static str,
    pub none: &'static str,
    pub bound: &'static str,
    pub sign_out: &'static str,
    pub again: &'static str,
    pub go_on: &'static str,
}

/// Returns the texts in a language; in English for a language that a site added only to its catalog.
pub fn words(language: Language) -> &'static Words {
    match language.tag() {
        "zh_CN" => &CHINESE,
        _ => &ENGLISH,
    }
}

static ENGLISH: Words = Words {
    sign_in: "Sign in",
    with_password: "With user name and password",
    user: "User name",
    password: "Password",
    domain: "Domain",
    project: "Project",
    project_hint: "Name or ID. Leave it empty to choose one later.",
    with_credential: "With an application credential",
    credential_id: "Credential ID",
    credential_secret: "Credential secret",
    incomplete: "Something is missing: fill in one of the forms completely.",
    refused: "Sign-in failed: check what you entered and try again.",
    too_often: "Too many attempts. Wait {} s and try again.",
    unavailable: "Sign-in is not available because the identity service does not answer. Try again in a moment.",
    out_of_date: "This page was out of date, or your browser does not accept cookies. Enter the password again.",
    insecure: "This page was not loaded over HTTPS, so your password could be intercepted. Open it over HTTPS; if you \
               already have, the operator has to set [api] public_endpoint or trusted_proxies.",
    choose: "Projects",
    switch: "Switch to this project",
    current: "you are here",
    foreign: "You have no role in the project in this address.",
    wanted: "This address belongs to another project of yours:",
    not_entered: "You no longer have a role in this project.",
    none: "You have no role in any project. Ask the operator of the cloud for one.",
    bound: "An application credential is limited to one project. To see another, sign out and sign in again.",
    sign_out: "Sign out",
    again: "One moment",
    go_on: "Continue",
};

static CHINESE: Words = Words {
    sign_in: "登录",
    with_password: "使用用户名和密码",
    user: "用户名",
    password: "密码",
    domain: "域",
    project: "项目",
    project_hint: "名称或 ID。留空则可以稍后选择。",
    with_credential: "使用应用凭证",
    credential_id: "凭证 ID",
    credential_secret: "凭证密钥",
    incomplete: "有内容没有填写：请把其中一个表单填写完整。",
    refused: "登录失败：输入的内容有误。请检查后重试。",
    too_often: "尝试次数过多。请等待 {} 秒后重试。",
    unavailable: "身份服务没有应答，目前无法登录。请稍后重试。",
    out_of_date: "页面已经过期，或者浏览器不保存 Cookie。请重新输入密码。",
    insecure: "此页面不是通过 https 打开的，密码在途中可能被他人读取。请用 https 打开；如果已经是 https，\
               则需要运维人员设置 [api] public_endpoint 或 trusted_proxies。",
    choose: "项目",
    switch: "切换到此项目",
    current: "当前项目",
    foreign: "此地址属于一个您没有角色的项目。",
    wanted: "此地址属于您的另一个项目：",
    not_entered: "您在此项目中已没有角色。",
    none: "您在任何项目中都没有角色。请联系云平台的运维人员。",
    bound: "应用凭证只对应一个项目。要查看其他项目，请退出后重新登录。",
    sign_out: "退出",
    again: "请稍候",
    go_on: "继续",
};
