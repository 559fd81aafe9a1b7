//! The sign-in of browsers, which cannot send a token by themselves: the form, the session behind the cookie, the choice of
//! a project, the sign-out.

mod address;
pub mod attempts;
pub mod form;
pub mod login;
pub mod logout;
mod next;
pub mod project;
pub mod redirect;
pub mod session;
pub mod session_cookie;
