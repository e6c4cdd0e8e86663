use axum::response::Redirect;

const FALLBACK: &str = "/dashboard";

fn is_local(path: &str) -> bool {
    let bytes = path.as_bytes();
    if bytes.first() != Some(&b'/') || path.len() > 512 {
        return false;
    }
    if matches!(bytes.get(1), Some(b'/') | Some(b'\\')) {
        return false;
    }
    path.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.' | '?' | '=' | '&'))
}

pub fn after_login(next: Option<&str>) -> Redirect {
    match next {
        Some(path) if is_local(path) => Redirect::to(path),
        _ => Redirect::to(FALLBACK),
    }
}

pub fn after_logout() -> Redirect {
    Redirect::to("/")
}

#[cfg(test)]
mod tests {
    use super::is_local;

    #[test]
    fn only_own_pages() {
        assert!(is_local("/orders?page=2"));
        assert!(!is_local("//other.example"));
        assert!(!is_local("/\\other.example"));
        assert!(!is_local("https://other.example/"));
    }
}
