use super::*;

fn includes(setting: &str, origin: &str) -> bool {
    setting.parse::<Origins>().unwrap().include(&HeaderValue::from_str(origin).unwrap())
}

#[test]
fn an_origin_may_be_written_as_people_write_it() {
    for setting in [
        "https://app.example.com",
        "https://app.example.com/",
        "HTTPS://App.Example.COM",
        "https://app.example.com:443",
        " https://other.example , https://app.example.com ,",
    ] {
        assert!(includes(setting, "https://app.example.com"), "{setting}");
    }
    assert!(includes("https://bücher.example", "https://xn--bcher-kva.example"));
    assert!(includes("http://[::1]:3000", "http://[::1]:3000"));
}

#[test]
fn apps_and_extensions_have_origins_too() {
    for origin in [
        "capacitor://localhost",
        "ionic://localhost",
        "tauri://localhost",
        "http://tauri.localhost",
        "https://localhost",
        "app://obsidian.md",
        "app://.",
        "chrome-extension://gighmmpiobklfepjocnamgkkbiglidom",
        "moz-extension://2f0b2d0c-4d0e-4a3b-9c39-6f4a2a3c0f9b",
        "safari-web-extension://3F2504E0-4F89-11D3-9A0C-0305E82C3301",
    ] {
        assert!(includes(origin, origin), "{origin}");
        assert!(includes(&format!("{origin}/"), origin), "{origin}/");
    }
}

#[test]
fn an_origin_differs_in_scheme_host_and_port() {
    for other in [
        "http://app.example.com",
        "https://app.example.com:8443",
        "https://example.com",
        "https://a.app.example.com",
        "https://app.example.com.evil.example",
        "https://evil.example/https://app.example.com",
        "null",
        "",
    ] {
        assert!(!includes("https://app.example.com", other), "{other}");
    }
}

#[test]
fn a_star_stands_for_any_subdomain() {
    for (setting, origin) in [
        ("https://*.vercel.app", "https://a.vercel.app"),
        ("https://*.vercel.app", "https://a-git-b-team.c.vercel.app"),
        ("HTTPS://*.Vercel.App/", "https://a.vercel.app"),
        ("https://*.example.com:8443", "https://a.example.com:8443"),
        ("http://*.localhost:3000", "http://tenant.localhost:3000"),
    ] {
        assert!(includes(setting, origin), "{setting} {origin}");
    }
    for origin in [
        "https://vercel.app",
        "https://.vercel.app",
        "https://a..vercel.app",
        "http://a.vercel.app",
        "https://a.vercel.app:8443",
        "https://a.vercel.app.evil.example",
        "https://evilvercel.app",
        "https://evil.example/.vercel.app",
        "https://evil.example:1.vercel.app",
        "https://user@a.vercel.app",
        "https://*.vercel.app",
        "null",
    ] {
        assert!(!includes("https://*.vercel.app", origin), "{origin}");
    }
}

#[test]
fn a_subdomain_is_included_but_not_named() {
    let origins: Origins = "https://app.example.com,https://*.example.com".parse().unwrap();
    let named = |origin: &'static str| origins.name(&HeaderValue::from_static(origin));
    assert!(named("https://app.example.com"));
    assert!(!named("https://preview.example.com"));
}

#[test]
fn what_no_browser_sends_is_refused() {
    for setting in [
        "*",
        "null",
        "*://app.example.com",
        "https://*",
        "https://*.",
        "https://*.com",
        "https://*.com.",
        "https://*.*.example.com",
        "https://a.*.example.com",
        "https://a*.example.com",
        "https://*a.example.com",
        "https://*.10.0.0.1",
        "https://*.[::1]",
        "https://*.example.com:*",
        "capacitor://*.example.com",
        "https://app.example.com/path",
        "https://app.example.com?x",
        "https://app.example.com#x",
        "https://user@app.example.com",
        "https://app.example.com https://other.example",
        "\"https://app.example.com\"",
        "app.example.com",
        "localhost:3000",
        "//app.example.com",
        "https://",
        "capacitor://",
        "file:///index.html",
        "file://",
        "wss://app.example.com",
        "data:text/html,x",
        "https://a.example,nonsense",
        "https://.example.com",
        "https://app..example.com",
    ] {
        assert_eq!(setting.parse::<Origins>(), Err(NotAnOrigin), "{setting}");
    }
}
