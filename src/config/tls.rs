//! TLS options of a database URL.

/// A connection's TLS options. TLS implies verification unless it is switched off explicitly.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// What is verified.
    pub check: Check,
    /// The file of authorities to trust (PEM); `None` for the system's.
    pub authority: Option<String>,
    /// The file of the client's own certificate.
    pub certificate: Option<String>,
    /// The file of the client's own key.
    pub key: Option<String>,
}

/// What to verify.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// Unset: the driver's default.
    #[default]
    Unasked,
    /// No TLS.
    Off,
    /// TLS without verification.
    Nothing,
    /// The certificate's authority.
    Authority,
    /// The authority, and the host name in the certificate.
    Host,
}

impl Tls {
    /// Sets an option from the URL, with the names of libpq and of the Python drivers for MySQL.
    pub(super) fn set(&mut self, name: &str, value: &str) -> Result<(), String> {
        match name {
            "sslmode" | "ssl_mode" => self.check = mode(value).ok_or(MODES)?,
            "ssl" | "ssl_disabled" => {
                let is_on = flag(value).ok_or_else(|| format!("{name}: must be true or false"))?;
                self.check = if is_on == (name == "ssl") {
                    Check::Host
                } else {
                    Check::Off
                };
            }
            "ssl_verify_cert" | "ssl_verify_identity" | "ssl_check_hostname" => {
                let is_on = flag(value).ok_or_else(|| format!("{name}: must be true or false"))?;
                self.check = match (is_on, name) {
                    (true, _) => Check::Host,
                    (false, "ssl_verify_cert") => Check::Nothing,
                    (false, _) => Check::Authority,
                };
            }
            "sslrootcert" | "ssl_ca" => self.authority = Some(self.file(value)),
            "sslcert" | "ssl_cert" => self.certificate = Some(self.file(value)),
            "sslkey" | "ssl_key" => self.key = Some(self.file(value)),
            // Ignoring it could leave the connection less protected than intended.
            _ => return Err(format!("unknown TLS option; known options are {OPTIONS}")),
        }
        Ok(())
    }

    /// A TLS file implies TLS.
    fn file(&mut self, value: &str) -> String {
        if self.check == Check::Unasked {
            self.check = Check::Host;
        }
        value.to_owned()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let has_files = self.authority.is_some() || self.certificate.is_some() || self.key.is_some();
        if self.check == Check::Off && has_files {
            return Err("switches TLS off but names files for it".to_owned());
        }
        Ok(())
    }
}

const OPTIONS: &str = "sslmode, ssl, ssl_ca, ssl_cert, ssl_key, ssl_verify_cert, ssl_verify_identity, and with PostgreSQL \
                       those of libpq";

const MODES: &str = "sslmode: must be disable, prefer, require (verified), verify-ca or verify-full; ssl_verify_cert=false \
     encrypts without verifying";

/// Parses the modes of libpq and of MySQL. `require` verifies here: encryption without verification has to be
/// requested.
fn mode(value: &str) -> Option<Check> {
    Some(match value.to_ascii_lowercase().replace('_', "-").as_str() {
        "disable" | "disabled" => Check::Off,
        "allow" | "prefer" | "preferred" => Check::Unasked,
        "verify-ca" => Check::Authority,
        "require" | "required" | "verify-full" | "verify-identity" => Check::Host,
        _ => return None,
    })
}

/// Parses a switch as the Python drivers write it.
fn flag(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
