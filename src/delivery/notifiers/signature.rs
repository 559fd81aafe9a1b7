//! Signatures of Standard Webhooks 1.0.

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_STANDARD, Engine};

use crate::listener::SigningSecret;
use crate::message::time;

/// Returns the headers of a webhook. `id` stays the same when it is sent again, and has no dots; `now`, in microseconds since
/// 1970, is the time of this attempt. During a rotation there is a signature with each secret that is still valid; without a
/// secret there is none.
pub fn signature_headers(
    signing: &[SigningSecret],
    id: &str,
    now: i64,
    body: &[u8],
) -> Vec<(&'static str, String)> {
    let seconds = now.div_euclid(time::SECOND).to_string();
    let valid = signing.iter().filter(|secret| secret.is_valid(now));
    let signatures: Vec<String> = valid.map(|secret| sign(secret, id, &seconds, body)).collect();
    let mut headers = vec![("webhook-id", id.to_owned()), ("webhook-timestamp", seconds)];
    if !signatures.is_empty() {
        headers.push(("webhook-signature", signatures.join(" ")));
    }
    headers
}

fn sign(secret: &SigningSecret, id: &str, seconds: &str, body: &[u8]) -> String {
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.key());
    let mut context = hmac::Context::with_key(&key);
    for part in [id.as_bytes(), b".", seconds.as_bytes(), b".", body] {
        context.update(part);
    }
    format!("v1,{}", BASE64_STANDARD.encode(context.sign()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: (&str, &str, i64, &[u8], &str) = (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1_614_265_330,
        br#"{"test": 2432232314}"#,
        "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    );
    const SECOND: (&str, &str, i64, &[u8], &str) = (
        "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",
        "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk",
        1_649_367_553,
        br#"{"email":"test@example.com","username":"test_user"}"#,
        "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=",
    );

    fn secret(text: &str, until: Option<i64>) -> SigningSecret {
        SigningSecret::parse(text, until).unwrap()
    }

    #[test]
    fn signatures_are_those_of_the_published_vectors() {
        for (text, id, seconds, body, want) in [FIRST, SECOND] {
            // Any time within the second.
            let now = seconds * time::SECOND + 999_999;
            assert_eq!(
                signature_headers(&[secret(text, None)], id, now, body),
                [
                    ("webhook-id", id.to_owned()),
                    ("webhook-timestamp", seconds.to_string()),
                    ("webhook-signature", want.to_owned()),
                ]
            );
        }
    }

    #[test]
    fn a_rotation_signs_with_every_secret_until_its_end() {
        let (new, id, seconds, body, want) = FIRST;
        let now = seconds * time::SECOND;
        let signing = [secret(new, None), secret(SECOND.0, Some(now + 1))];
        let during = signature_headers(&signing, id, now, body);
        let signatures: Vec<&str> = during[2].1.split(' ').collect();
        assert_eq!(signatures.len(), 2);
        assert_eq!(signatures[0], want);
        assert!(signatures[1].starts_with("v1,") && signatures[1] != want);
        let ended = [secret(new, None), secret(SECOND.0, Some(now))];
        assert_eq!(signature_headers(&ended, id, now, body)[2].1, want);
    }

    #[test]
    fn without_a_secret_there_is_no_signature() {
        let headers = signature_headers(&[], "x", 0, b"{}");
        let names: Vec<&str> = headers.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["webhook-id", "webhook-timestamp"]);
    }
}
