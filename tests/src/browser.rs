//! A real Chromium, driven through `WebDriver`: a desktop, or a phone emulated as developers' tools do it.

use std::collections::BTreeMap;

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tokio::process::Command;

use crate::process::{Process, installed};

/// What kind of device the browser is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Device {
    /// A window of 1350 × 940.
    Desktop,
    /// 390 × 844, three device pixels per pixel, touch, Android's user agent and client hints.
    Phone,
}

/// A browser with a fresh profile; it and its driver die with this value.
#[derive(Debug)]
pub struct Browser {
    page: Client,
    driver: Process,
}

impl Browser {
    /// Starts Chromium as `device` in a time zone such as `Europe/Amsterdam`, with more command line switches.
    pub async fn start(device: Device, time_zone: &str, switches: &[&str]) -> Self {
        let mut command = Command::new(installed("chromedriver", "chromium-driver"));
        command.arg("--port=0").env("TZ", time_zone);
        let driver = Process::start(command);
        let line = driver.line_with("was started successfully on port").await;
        let port: String = line.chars().rev().skip(1).take_while(char::is_ascii_digit).collect();
        let port: String = port.chars().rev().collect();
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(device, switches))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap_or_else(|error| panic!("Chromium does not start: {error}\n{:#?}", driver.lines()));
        Self { page, driver }
    }

    /// Opens an address and waits for its load event.
    pub async fn open(&self, address: &str) {
        self.page.goto(address).await.unwrap_or_else(|error| panic!("{address}: {error}"));
    }

    /// Waits until the page is painted and its beacon runs: a load event may come before either.
    pub async fn be_painted(&self) {
        let script = "return performance.getEntriesByName('first-contentful-paint').length > 0 \
                      && typeof window.graadmeter?.context === 'function'";
        crate::wait::until(crate::wait::SOON, "the page is painted and measured", async || {
            let painted = self.run(script).await;
            if painted == true { Ok(()) } else { Err(painted) }
        })
        .await;
    }

    /// Leaves the page, so that it is hidden and reports.
    pub async fn leave(&self) {
        self.open("about:blank").await;
    }

    /// Clicks what a CSS selector finds, waiting for it to be there.
    pub async fn click(&self, selector: &str) {
        let found = self.page.wait().for_element(Locator::Css(selector)).await;
        let element = found.unwrap_or_else(|error| panic!("{selector}: {error}"));
        element.click().await.unwrap_or_else(|error| panic!("{selector}: {error}"));
    }

    /// Waits until the address has `part` in it.
    pub async fn arrive_at(&self, part: &str) {
        crate::wait::until(crate::wait::SOON, &format!("the browser is at {part}"), async || {
            let address = self.page.current_url().await.expect("a page has an address");
            if address.as_str().contains(part) { Ok(()) } else { Err(address) }
        })
        .await;
        let loaded = async || match self.run("return document.readyState").await {
            Value::String(state) if state == "complete" => Ok(()),
            other => Err(other),
        };
        crate::wait::until(crate::wait::SOON, "the page has loaded", loaded).await;
    }

    /// Runs a script in the page and gives what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.page.execute(script, Vec::new()).await.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Closes the browser properly; without this it is killed.
    pub async fn close(self) {
        self.page.close().await.expect("Chromium closes");
        drop(self.driver);
    }
}

fn capabilities(device: Device, switches: &[&str]) -> serde_json::Map<String, Value> {
    let usual = [
        "--headless=new",
        "--no-sandbox", // tests may run as root
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--window-size=1350,940",
    ];
    let mut options = BTreeMap::from([
        ("args", json!(usual.iter().chain(switches).collect::<Vec<_>>())),
        ("binary", json!(installed("chromium", "chromium"))),
    ]);
    if device == Device::Phone {
        options.insert("mobileEmulation", phone());
    }
    let capabilities = json!({"browserName": "chrome", "goog:chromeOptions": options});
    capabilities.as_object().expect("just made").clone()
}

fn phone() -> Value {
    json!({
        "deviceMetrics": {"width": 390, "height": 844, "pixelRatio": 3.0, "touch": true, "mobile": true},
        "userAgent": crate::beacon::PHONE,
        "clientHints": {"platform": "Android", "mobile": true},
    })
}
