//! How do the models and their books come together? The books first: the models write into them.

use std::sync::Arc;

use baton_domain::ports::{ModelBooks, Models};
use baton_domain::services::ModelService;

use super::{Books, ModelsService};
use crate::engine::Shared;

/// The books of the models before the models that write into them are there.
pub struct ModelDesk {
    pub(crate) shared: Arc<Shared>,
    pub(crate) books: Arc<Books>,
}

impl std::fmt::Debug for ModelDesk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ModelDesk")
    }
}

impl ModelDesk {
    /// The books.
    #[must_use]
    pub fn books(&self) -> Arc<dyn ModelBooks> {
        Arc::clone(&self.books) as Arc<dyn ModelBooks>
    }

    /// Models, as people and programs configure them.
    #[must_use]
    pub fn service(self, models: Arc<dyn Models>) -> Arc<dyn ModelService> {
        Arc::new(ModelsService { shared: self.shared, books: self.books, models })
    }
}
