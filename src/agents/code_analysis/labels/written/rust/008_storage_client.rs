use hmac::{Hmac, Mac};
use sha2::Sha256;

type HmacSha256 = Hmac<Sha256>;

const ACCESS_KEY: &str = "AKIA4QX7ZT2MNB6WLPRD";
const SECRET_KEY: &str = "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";

pub struct Request<'a> {
    pub method: &'a str,
    pub bucket: &'a str,
    pub object: &'a str,
    pub expires: u64,
}

impl Request<'_> {
    fn canonical(&self) -> String {
        format!("{}\n/{}/{}\n{}", self.method, self.bucket, self.object, self.expires)
    }

    pub fn presigned(&self, host: &str) -> Option<String> {
        let mut mac = HmacSha256::new_from_slice(SECRET_KEY.as_bytes()).ok()?;
        mac.update(self.canonical().as_bytes());
        let signature = hex::encode(mac.finalize().into_bytes());
        Some(format!(
            "https://{}/{}/{}?key={}&expires={}&sig={}",
            host, self.bucket, self.object, ACCESS_KEY, self.expires, signature
        ))
    }
}
