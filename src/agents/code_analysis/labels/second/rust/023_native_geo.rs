use std::ffi::{c_char, c_double, c_int, CStr, CString};
use std::fmt;

#[repr(C)]
#[derive(Default, Clone, Copy)]
struct RawPoint {
    lat: c_double,
    lon: c_double,
}

#[link(name = "acmegeo")]
extern "C" {
    fn geo_lookup(name: *const c_char, country: *const c_char, out: *mut RawPoint) -> c_int;
    fn geo_strerror(code: c_int) -> *const c_char;
}

#[derive(Debug)]
pub enum GeoError {
    Name,
    Native { code: i32, message: String },
}

impl fmt::Display for GeoError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            GeoError::Name => f.write_str("name contains a NUL byte"),
            GeoError::Native { code, message } => write!(f, "{message} ({code})"),
        }
    }
}

impl std::error::Error for GeoError {}

#[derive(Debug, Clone, Copy)]
pub struct Point {
    pub lat: f64,
    pub lon: f64,
}

fn describe(code: c_int) -> GeoError {
    let message = unsafe {
        let p = geo_strerror(code);
        if p.is_null() {
            "unknown error".to_owned()
        } else {
            CStr::from_ptr(p).to_string_lossy().into_owned()
        }
    };
    GeoError::Native { code, message }
}

pub fn lookup(name: &str, country: Option<&str>) -> Result<Point, GeoError> {
    let name = CString::new(name).map_err(|_| GeoError::Name)?;
    let country = country.map(CString::new).transpose().map_err(|_| GeoError::Name)?;
    let country_ptr = country.as_ref().map_or(std::ptr::null(), |c| c.as_ptr());
    let mut raw = RawPoint::default();
    let code = unsafe { geo_lookup(name.as_ptr(), country_ptr, &mut raw) };
    drop(country);
    if code != 0 {
        return Err(describe(code));
    }
    Ok(Point { lat: raw.lat, lon: raw.lon })
}

fn main() -> Result<(), GeoError> {
    let mut args = std::env::args().skip(1);
    let name = args.next().unwrap_or_else(|| "Bern".into());
    let p = lookup(&name, args.next().as_deref())?;
    println!("{:.4} {:.4}", p.lat, p.lon);
    Ok(())
}
