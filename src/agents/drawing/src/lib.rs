//! How are charts drawn without a browser?
