//! Parses oslo.policy's language of rules: `role:admin or (role:reader and project_id:%(project_id)s)`.
//!
//! Checks are `KIND:VALUE` without spaces, `@` and `!`; `not` binds tighter than `and`, which binds tighter than `or`.
//! Where oslo.policy denies with a log line because it cannot parse a rule, this parser rejects the rule.

use super::check::Check;
use super::template::Template;

/// A rule in the older form: any of the lists must pass, which means all checks in it.
pub(super) type Lists = Vec<Vec<String>>;

#[derive(Debug, PartialEq)]
enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Check(Check),
}

/// Parses a rule. The error is a sentence.
pub(super) fn text(rule: &str) -> Result<Check, String> {
    if rule.is_empty() {
        return Ok(Check::True);
    }
    let mut parser = Parser {
        tokens: tokens(rule)?.into_iter().peekable(),
    };
    let check = parser.any()?;
    match parser.tokens.next() {
        None => Ok(check),
        Some(token) => Err(format!("unexpected {}", token.shown())),
    }
}

/// Parses a rule in the older form of lists.
pub(super) fn lists(rule: &Lists) -> Result<Check, String> {
    if rule.is_empty() {
        return Ok(Check::True);
    }
    let lists = rule.iter().filter(|list| !list.is_empty());
    let any = lists
        .map(|list| {
            let all = list.iter().map(|word| check(word)).collect::<Result<_, _>>()?;
            Ok(one_or(all, Check::All))
        })
        .collect::<Result<Vec<_>, String>>()?;
    Ok(if any.is_empty() {
        Check::False
    } else {
        one_or(any, Check::Any)
    })
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
}

impl Parser {
    fn any(&mut self) -> Result<Check, String> {
        let mut parts = vec![self.all()?];
        while self.tokens.next_if_eq(&Token::Or).is_some() {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Check::Any))
    }

    fn all(&mut self) -> Result<Check, String> {
        let mut parts = vec![self.one()?];
        while self.tokens.next_if_eq(&Token::And).is_some() {
            parts.push(self.one()?);
        }
        Ok(one_or(parts, Check::All))
    }

    fn one(&mut self) -> Result<Check, String> {
        match self.tokens.next() {
            Some(Token::Check(check)) => Ok(check),
            Some(Token::Not) => Ok(Check::Not(Box::new(self.one()?))),
            Some(Token::Open) => {
                let inner = self.any()?;
                match self.tokens.next() {
                    Some(Token::Close) => Ok(inner),
                    _ => Err("a parenthesis is not closed".to_owned()),
                }
            }
            Some(token) => Err(format!("a check is missing before {}", token.shown())),
            None => Err("a check is missing at the end".to_owned()),
        }
    }
}

impl Token {
    fn shown(&self) -> &'static str {
        match self {
            Self::Open => "\"(\"",
            Self::Close => "\")\"",
            Self::And => "\"and\"",
            Self::Or => "\"or\"",
            Self::Not => "\"not\"",
            Self::Check(_) => "another check",
        }
    }
}

fn one_or(mut parts: Vec<Check>, join: impl FnOnce(Vec<Check>) -> Check) -> Check {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            join(parts)
        }
        None => join(parts),
    }
}

/// Parentheses count only at the ends of a word: those inside belong to `%(name)s`.
fn tokens(rule: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    for word in rule.split_whitespace() {
        let inner = word.trim_start_matches('(');
        tokens.extend((inner.len()..word.len()).map(|_| Token::Open));
        let clean = inner.trim_end_matches(')');
        match clean.to_ascii_lowercase().as_str() {
            "" => {}
            "and" => tokens.push(Token::And),
            "or" => tokens.push(Token::Or),
            "not" => tokens.push(Token::Not),
            _ => tokens.push(Token::Check(check(clean)?)),
        }
        tokens.extend((clean.len()..inner.len()).map(|_| Token::Close));
    }
    if tokens.is_empty() {
        return Err("the rule is blank: \"\" always allows, \"!\" always denies".to_owned());
    }
    Ok(tokens)
}

/// Parses one check.
fn check(word: &str) -> Result<Check, String> {
    match word {
        "@" => return Ok(Check::True),
        "!" => return Ok(Check::False),
        _ => {}
    }
    let (kind, value) = word
        .split_once(':')
        .ok_or_else(|| format!("{word:?} is not a check, such as role:admin, @ or !"))?;
    match kind {
        "rule" => Ok(Check::Rule(value.to_owned())),
        "role" => Template::parse(value).map(Check::Role),
        "http" | "https" => Err(format!("{word:?}: checks over the network are not supported")),
        "" => Err(format!("{word:?} has nothing before the colon")),
        _ => Template::parse(value).map(|value| match literal(kind) {
            Some(text) => Check::Literal(text, value),
            None => Check::Attribute(kind.to_owned(), value),
        }),
    }
}

/// Returns what a Python literal prints as; `None` if this is a name.
fn literal(kind: &str) -> Option<String> {
    let quoted = ['\'', '"']
        .iter()
        .find_map(|quote| kind.strip_prefix(*quote)?.strip_suffix(*quote));
    let is_word = matches!(kind, "True" | "False" | "None");
    let is_number = kind.parse::<u64>().is_ok_and(|number| number.to_string() == kind);
    quoted
        .or((is_word || is_number).then_some(kind))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> Check {
        Check::Role(Template::parse(name).unwrap())
    }

    #[test]
    fn not_binds_tighter_than_and_and_that_tighter_than_or() {
        let read = text("role:a or not role:b AND (role:c or @)").unwrap();
        let right = Check::All(vec![
            Check::Not(Box::new(role("b"))),
            Check::Any(vec![role("c"), Check::True]),
        ]);
        assert_eq!(read, Check::Any(vec![role("a"), right]));
        assert_eq!(text("(((role:a)))"), Ok(role("a")));
        assert_eq!(text("not not !").unwrap(), text("not (not !)").unwrap());
    }

    #[test]
    fn empty_rules_allow_and_lists_are_any_of_all() {
        assert_eq!(text(""), Ok(Check::True));
        assert_eq!(lists(&vec![]), Ok(Check::True));
        assert_eq!(lists(&vec![vec![]]), Ok(Check::False));
        let words = |list: &[&str]| list.iter().map(|word| (*word).to_owned()).collect();
        let read = lists(&vec![words(&["role:a", "role:b"]), words(&["role:c"])]);
        let all = Check::All(vec![role("a"), role("b")]);
        assert_eq!(read, Ok(Check::Any(vec![all, role("c")])));
    }

    #[test]
    fn a_kind_in_quotes_or_a_python_word_is_itself() {
        let value = Template::parse("%(x)s").unwrap();
        for (word, kind) in [("'a'", "a"), ("\"a\"", "a"), ("True", "True"), ("7", "7")] {
            let read = text(&format!("{word}:%(x)s"));
            assert_eq!(read, Ok(Check::Literal(kind.to_owned(), value.clone())), "{word}");
        }
        assert_eq!(
            text("user_id:%(x)s"),
            Ok(Check::Attribute("user_id".to_owned(), value))
        );
    }

    #[test]
    fn what_cannot_be_read_is_refused_with_a_reason() {
        for (rule, reason) in [
            ("  ", "the rule is blank"),
            ("admin", "\"admin\" is not a check"),
            ("role:a and", "a check is missing at the end"),
            ("or role:a", "a check is missing before \"or\""),
            ("role:a role:b", "unexpected another check"),
            ("(role:a", "a parenthesis is not closed"),
            ("role:a)", "unexpected \")\""),
            ("http://judge/%(x)s", "checks over the network are not supported"),
            ("role:%(x)d", "neither %(name)s nor %%"),
            (":x", "nothing before the colon"),
        ] {
            let error = text(rule).unwrap_err();
            assert!(error.contains(reason), "{rule}: {error}");
        }
    }
}
