//! Where the log is: `kafka:HOST:PORT[,…]/TOPIC[?option=value&…]` and the variables beside it.
//!
//! What is wrong begins with the variable that is wrong, and quotes nothing but hosts, ports, topics, paths and the
//! names of options (docs/reference/kafka.md, "Configuration"). Files are read elsewhere.

use std::net::Ipv6Addr;

use crate::aws::{Credentials, SecretArn, User};
use crate::scram::Mechanism;

const LOG: &str = "GATEFLEET_LOG";
const OPTIONS: [&str; 6] = ["security", "mechanism", "username", "ca", "certificate", "key"];
const SECRETS: [&str; 2] = ["password", "key_password"];
const MAX_BROKERS: usize = 16;
const FORM: &str = "write kafka:HOST:PORT[,HOST:PORT]/TOPIC[?security=SASL_SSL&username=…]";

/// Host and port of a broker.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Endpoint {
    /// A name or an IP address, without brackets.
    pub host: String,
    /// From 1.
    pub port: u16,
}

impl std::fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (open, close) = if self.host.contains(':') { ("[", "]") } else { ("", "") };
        write!(formatter, "{open}{}{close}:{}", self.host, self.port)
    }
}

/// One way into one cluster, and the topic there.
#[derive(Clone)]
pub struct Address {
    /// Whom to ask first; at least one.
    pub bootstrap: Vec<Endpoint>,
    /// The policy topic.
    pub topic: String,
    /// Paths, if TLS is spoken.
    pub tls: Option<TlsFiles>,
    /// If the user proves who it is by SASL.
    pub sasl: Option<Sasl>,
}

/// PEM files, each with the variable that it is known by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TlsFiles {
    /// Who signs the brokers' certificates; none: the roots of Mozilla.
    pub ca: Option<PemFile>,
    /// The client's own certificate and its key.
    pub identity: Option<(PemFile, PemFile)>,
}

/// A file to be read, and which variable names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PemFile {
    /// For messages.
    pub variable: String,
    /// Where it is.
    pub path: String,
}

/// Who the user is.
#[derive(Clone)]
pub enum Sasl {
    /// SCRAM.
    Scram(Mechanism, Whose),
    /// A role of IAM, at Amazon MSK, with the region.
    MskIam(Credentials, String),
}

/// Where user name and password come from.
#[derive(Clone)]
pub enum Whose {
    /// They were given.
    User(User),
    /// A secret of AWS Secrets Manager holds them.
    Secret(SecretArn, Credentials),
}

impl Address {
    /// Reads an address and the variables.
    pub fn read(address: &str, variable: impl Fn(&str) -> Option<String>) -> Result<Self, String> {
        let rest = address.strip_prefix("kafka:").ok_or_else(|| format!("{LOG}: no address of Kafka; {FORM}"))?;
        let rest = rest.strip_prefix("//").unwrap_or(rest);
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (brokers, topic) = place.split_once('/').ok_or_else(|| format!("{LOG}: it names no topic; {FORM}"))?;
        let bootstrap = brokers.split(',').map(endpoint).collect::<Option<Vec<_>>>();
        let bootstrap = bootstrap.ok_or_else(|| format!("{LOG}: its brokers are not HOST:PORT,…; {FORM}"))?;
        if bootstrap.len() > MAX_BROKERS {
            return Err(format!("{LOG}: more than {MAX_BROKERS} brokers"));
        }
        if !is_topic(topic) {
            return Err(format!("{LOG}: no name of a topic; {FORM}"));
        }
        let given = Given { options: options(query)?, variable: &variable };
        let (tls, sasl) = security(&given)?;
        Ok(Address { bootstrap, topic: topic.to_owned(), tls, sasl })
    }

    /// As Kafka calls it.
    pub fn security(&self) -> &'static str {
        match (&self.sasl, &self.tls) {
            (None, None) => "PLAINTEXT",
            (None, Some(_)) => "SSL",
            (Some(_), None) => "SASL_PLAINTEXT",
            (Some(_), Some(_)) => "SASL_SSL",
        }
    }
}

/// Options of the address, else their variables.
struct Given<'a, V> {
    options: Vec<(String, String)>,
    variable: &'a V,
}

impl<V: Fn(&str) -> Option<String>> Given<'_, V> {
    /// What was given by a name, and the variable to blame for it.
    fn take(&self, name: &str) -> (Option<String>, String) {
        if let Some((_, value)) = self.options.iter().find(|(one, _)| one == name) {
            return (Some(value.clone()).filter(|value| !value.is_empty()), LOG.to_owned());
        }
        let variable = variable_of(name);
        (self.get(&variable), variable)
    }

    fn get(&self, variable: &str) -> Option<String> {
        (self.variable)(variable).filter(|value| !value.is_empty())
    }

    fn need(&self, variable: &str, what: &str) -> Result<String, String> {
        self.get(variable).ok_or_else(|| format!("{variable}: is not set; {what} needs it"))
    }

    fn file(&self, name: &str) -> Option<PemFile> {
        let (path, variable) = self.take(name);
        path.map(|path| PemFile { variable, path })
    }

    fn aws(&self, what: &str) -> Result<Credentials, String> {
        Ok(Credentials {
            access_key: self.need("AWS_ACCESS_KEY_ID", what)?,
            secret_key: self.need("AWS_SECRET_ACCESS_KEY", what)?,
            session_token: self.get("AWS_SESSION_TOKEN"),
        })
    }
}

fn security<V>(given: &Given<'_, V>) -> Result<(Option<TlsFiles>, Option<Sasl>), String>
where
    V: Fn(&str) -> Option<String>,
{
    let (named, blamed) = given.take("security");
    let (tls, sasl) = match named.as_deref().unwrap_or("PLAINTEXT") {
        "PLAINTEXT" => (false, false),
        "SSL" => (true, false),
        "SASL_PLAINTEXT" => (false, true),
        "SASL_SSL" => (true, true),
        _ => return Err(format!("{blamed}: unknown security; PLAINTEXT, SSL, SASL_SSL or SASL_PLAINTEXT")),
    };
    let sasl = if sasl { Some(user(given, tls)?) } else { None };
    let ca = given.file("ca");
    let identity = match (given.file("certificate"), given.file("key")) {
        (Some(certificate), Some(key)) => Some((certificate, key)),
        (None, None) => None,
        (Some(_), None) => return Err(format!("{}: is not set; the certificate needs its key", variable_of("key"))),
        (None, Some(_)) => {
            return Err(format!("{}: is not set; the key needs its certificate", variable_of("certificate")));
        }
    };
    let key_password = variable_of("key_password");
    if given.get(&key_password).is_some() {
        return Err(format!("{key_password}: is refused; the key of an authorizer is PKCS#8 without a password"));
    }
    Ok((tls.then_some(TlsFiles { ca, identity }), sasl))
}

fn user<V: Fn(&str) -> Option<String>>(given: &Given<'_, V>, tls: bool) -> Result<Sasl, String> {
    let (named, blamed) = given.take("mechanism");
    let named = named.as_deref().unwrap_or("SCRAM-SHA-512");
    if named == "AWS_MSK_IAM" {
        if !tls {
            return Err(format!("{blamed}: AWS_MSK_IAM needs security SASL_SSL"));
        }
        let region = given.need("AWS_REGION", "AWS_MSK_IAM")?;
        return Ok(Sasl::MskIam(given.aws("AWS_MSK_IAM")?, region));
    }
    let mechanism = Mechanism::from_name(named)
        .ok_or_else(|| format!("{blamed}: unknown mechanism; SCRAM-SHA-512, SCRAM-SHA-256 or AWS_MSK_IAM"))?;
    let (name, _) = given.take("username");
    let password = given.get(&variable_of("password"));
    let secret = variable_of("secret");
    let Some(arn) = given.get(&secret) else {
        let missing = |name| format!("{}: is not set; {named} needs it", variable_of(name));
        let name = name.ok_or_else(|| missing("username"))?;
        let password = password.ok_or_else(|| missing("password"))?;
        return Ok(Sasl::Scram(mechanism, Whose::User(User { name, password })));
    };
    if name.is_some() || password.is_some() {
        return Err(format!("{secret}: stands beside a user name or password; give one of both"));
    }
    let arn = SecretArn::parse(&arn).ok_or_else(|| format!("{secret}: no ARN of a secret of AWS Secrets Manager"))?;
    Ok(Sasl::Scram(mechanism, Whose::Secret(arn, given.aws(&secret)?)))
}

fn variable_of(name: &str) -> String {
    format!("GATEFLEET_KAFKA_{}", name.to_ascii_uppercase())
}

fn endpoint(text: &str) -> Option<Endpoint> {
    let (host, port) = text.rsplit_once(':')?;
    let digits = (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    let port = if digits { port.parse().ok().filter(|port| *port > 0)? } else { return None };
    let host = match host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(inner) => inner.parse::<Ipv6Addr>().is_ok().then_some(inner)?,
        None => ((1..=253).contains(&host.len()) && host.bytes().all(is_name_byte)).then_some(host)?,
    };
    Some(Endpoint { host: host.to_owned(), port })
}

fn is_topic(name: &str) -> bool {
    (1..=249).contains(&name.len()) && name.bytes().all(is_name_byte) && name != "." && name != ".."
}

fn is_name_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._-".contains(&byte)
}

fn options(query: &str) -> Result<Vec<(String, String)>, String> {
    let mut options: Vec<(String, String)> = Vec::new();
    for pair in query.split('&').filter(|_| !query.is_empty()) {
        let (name, value) =
            pair.split_once('=').ok_or_else(|| format!("{LOG}: what follows `?` is not option=value&…"))?;
        let name = form_decoded(name);
        if SECRETS.contains(&name.as_str()) {
            return Err(format!("{LOG}: `{name}` does not belong into an address; set {}", variable_of(&name)));
        }
        if !OPTIONS.contains(&name.as_str()) {
            return Err(format!("{LOG}: an unknown option; known are {}", OPTIONS.join(", ")));
        }
        if options.iter().any(|(one, _)| *one == name) {
            return Err(format!("{LOG}: the option `{name}` stands twice"));
        }
        options.push((name, form_decoded(value)));
    }
    Ok(options)
}

/// `application/x-www-form-urlencoded` (URL Standard section 5.1); a `%` that encodes nothing is itself.
fn form_decoded(text: &str) -> String {
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        let encoded = after.split_at_checked(2).filter(|_| byte == b'%').and_then(|(digits, after)| {
            let digits = str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|one| one.is_ascii_hexdigit()));
            Some((u8::from_str_radix(digits?, 16).ok()?, after))
        });
        if let Some((byte, after)) = encoded {
            decoded.push(byte);
            rest = after;
        } else {
            decoded.push(if byte == b'+' { b' ' } else { byte });
        }
    }
    String::from_utf8_lossy(&decoded).into_owned()
}
