//! How Baton reads the web: the web agent and its skills. All of them reach out through the guarded client of `baton-clients`.

mod api;
mod article;
mod browser;
mod charset;
mod crawl;
mod extract;
mod fetch;
mod links;
mod number;
mod outside;
mod page;
mod page_skills;
mod parse;
mod records;
mod skills;
mod tables;
mod watch;

use async_trait::async_trait;
use baton_agents_runtime::{Agent, Context, SkillError};
use baton_domain::agent::{AgentCard, Family, InstanceRange};
use serde_json::Value;

pub use api::{
    API_CALL, API_SEND, MAXIMUM_API_BYTES, MAXIMUM_API_PAGES, MAXIMUM_API_RECORDS, MAXIMUM_API_SECONDS, MAXIMUM_API_TOTAL_BYTES,
    MAXIMUM_BODY_BYTES, MAXIMUM_EXPRESSION_BYTES, MAXIMUM_EXPRESSION_DEPTH, MAXIMUM_PICKED_VALUES,
};
pub use article::{MAXIMUM_ARTICLE_BYTES, MAXIMUM_ARTICLE_ELEMENTS};
pub use browser::{
    BROWSER_PLACES, MAXIMUM_BROWSER_MEMORY_BYTES, MAXIMUM_EVENTS, MAXIMUM_HTML_BYTES, MAXIMUM_NAVIGATIONS, MAXIMUM_PAGE_TRAFFIC_BYTES,
    MAXIMUM_PICTURE_BYTES, MAXIMUM_PIXELS, MAXIMUM_PROFILE_BYTES, MAXIMUM_RENDERED_INLINE_BYTES, MAXIMUM_REQUESTS, MAXIMUM_SIDE,
    MAXIMUM_WAIT_SECONDS, RENDER, SCREENSHOT, browse, browser_program,
};
pub use charset::decode;
pub use crawl::{
    CRAWL, MAXIMUM_CRAWL_DEPTH, MAXIMUM_CRAWL_MEBIBYTES, MAXIMUM_CRAWL_PAGES, MAXIMUM_CRAWL_SECONDS, MAXIMUM_ROBOTS_BYTES,
    MAXIMUM_SITEMAP_BYTES,
};
pub use extract::{
    MAXIMUM_FIELDS, MAXIMUM_INLINE_RECORD_BYTES, MAXIMUM_RECORD_BYTES, MAXIMUM_RECORDS, MAXIMUM_VALUE_BYTES, MAXIMUM_VALUES,
};
pub use fetch::MAXIMUM_INLINE_BYTES;
pub use links::{MAXIMUM_LINK_TEXT_BYTES, MAXIMUM_LINKS};
pub use number::number;
pub use page::{MAXIMUM_DEPTH, MAXIMUM_NODES, MAXIMUM_PAGE_BYTES};
pub use page_skills::{ARTICLE, EXTRACT, LINKS, TABLES};
pub use parse::{
    MAXIMUM_ATTACHMENT_BYTES, MAXIMUM_ATTACHMENTS, MAXIMUM_DOCUMENT_BYTES, MAXIMUM_ENTRIES, MAXIMUM_ITEM_DEPTH, MAXIMUM_ITEMS,
    MAXIMUM_MEMBER_BYTES, MAXIMUM_MEMBERS, MAXIMUM_PARAGRAPHS, MAXIMUM_PDF_PAGES, MAXIMUM_TEXT_BYTES, MAXIMUM_XML_DEPTH,
    MAXIMUM_XML_EVENTS, PARSE,
};
pub use records::MAXIMUM_RECORD_COLUMNS;
pub use skills::FETCH;
pub use tables::{MAXIMUM_CELLS, MAXIMUM_COLUMNS, MAXIMUM_TABLE_BYTES, MAXIMUM_TABLES};
pub use watch::{MAXIMUM_PATTERNS, MAXIMUM_WATCHED_BYTES, WATCH};

/// Reads the web; needs no model.
#[derive(Debug, Clone, Copy)]
pub struct WebAutomation {
    /// How many attempts it takes at once.
    pub slots: u32,
}

impl Default for WebAutomation {
    fn default() -> Self {
        Self { slots: 8 }
    }
}

#[async_trait]
impl Agent for WebAutomation {
    fn card(&self) -> AgentCard {
        AgentCard {
            name: "web-automation".to_owned(),
            title: "Web".to_owned(),
            description: "Reads the web within the bounds that the installation sets.".to_owned(),
            family: Family::WebAutomation,
            skills: skills::all(),
            labels: vec!["native".to_owned()],
            slots: self.slots,
            instances: InstanceRange::up_to(2),
            cost_micros: 0,
            version: "1.0.0".to_owned(),
        }
    }

    async fn perform(&self, context: Context, skill: &str, input: Value) -> Result<Value, SkillError> {
        match skill {
            FETCH => fetch::perform(context, input).await,
            EXTRACT => extract::perform(context, input).await,
            TABLES => tables::perform(context, input).await,
            ARTICLE => article::perform(context, input).await,
            API_CALL => api::call(context, input).await,
            API_SEND => api::send(context, input).await,
            PARSE => parse::perform(context, input).await,
            WATCH => watch::perform(context, input).await,
            CRAWL => crawl::perform(context, input).await,
            LINKS => links::perform(context, input).await,
            RENDER | SCREENSHOT => {
                let client = outside::client(&context)?;
                browse(context, client, skill, input).await
            }
            other => Err(SkillError::internal(format!("{other} is no skill of this agent"))),
        }
    }
}
