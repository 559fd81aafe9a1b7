//! How the connection to a database server is protected, in the options of its URL.

/// What a connection asks of TLS. Whoever asks for TLS gets a verified one, unless they say otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tls {
    /// What is verified.
    pub check: Check,
    /// File of the authorities to trust (PEM); those of the system, when none.
    pub authority: Option<String>,
    /// File of the client's own certificate.
    pub certificate: Option<String>,
    /// File of the client's own key.
    pub key: Option<String>,
}

/// What is verified of the server.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Check {
    /// TLS was not asked for: the driver's own default.
    #[default]
    Unasked,
    /// No TLS.
    Off,
    /// TLS, with whomever.
    Nothing,
    /// The certificate's authority.
    Authority,
    /// The authority, and that the certificate is this host's.
    Host,
}

impl Tls {
    /// Takes an option of the URL, in the names of libpq and of the Python drivers for MySQL.
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
            // Left out, it could leave the connection less protected than its owner believes.
            _ => return Err(format!("there is no such option of TLS; known are {OPTIONS}")),
        }
        Ok(())
    }

    /// A file of TLS asks for TLS.
    fn file(&mut self, value: &str) -> String {
        if self.check == Check::Unasked {
            self.check = Check::Host;
        }
        value.to_owned()
    }

    pub(super) fn check(&self) -> Result<(), String> {
        let has_files = self.authority.is_some() || self.certificate.is_some() || self.key.is_some();
        if self.check == Check::Off && has_files {
            return Err("has TLS switched off and files for it".to_owned());
        }
        Ok(())
    }
}

const OPTIONS: &str = "sslmode, ssl, ssl_ca, ssl_cert, ssl_key, ssl_verify_cert, ssl_verify_identity, and with PostgreSQL \
                       those of libpq";

const MODES: &str = "sslmode: must be disable, prefer, require (verified), verify-ca or verify-full; ssl_verify_cert=false \
     encrypts without verifying";

/// The modes of libpq and of MySQL. `require` verifies here: who wants encryption with whomever has to say so.
fn mode(value: &str) -> Option<Check> {
    Some(match value.to_ascii_lowercase().replace('_', "-").as_str() {
        "disable" | "disabled" => Check::Off,
        "allow" | "prefer" | "preferred" => Check::Unasked,
        "verify-ca" => Check::Authority,
        "require" | "required" | "verify-full" | "verify-identity" => Check::Host,
        _ => return None,
    })
}

/// A switch as the Python drivers write it.
fn flag(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Some(true),
        "false" | "0" | "no" | "off" => Some(false),
        _ => None,
    }
}
