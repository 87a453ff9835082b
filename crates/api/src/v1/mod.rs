//! The handlers, one file per plural noun: read the request, call one use case, show the result.

pub(crate) mod access;
pub(crate) mod account;
pub(crate) mod alert_rules;
pub(crate) mod alerts;
pub(crate) mod attempts;
pub(crate) mod audit;
pub(crate) mod commands;
pub(crate) mod drivers;
pub(crate) mod invitations;
pub(crate) mod jobs;
pub(crate) mod keys;
pub(crate) mod locks;
pub(crate) mod members;
pub(crate) mod notifications;
pub(crate) mod organisations;
pub(crate) mod passkeys;
pub(crate) mod provider;
pub(crate) mod records;
pub(crate) mod sessions;
pub(crate) mod setting_templates;
pub(crate) mod settings;
pub(crate) mod site_access;
pub(crate) mod sites;
pub(crate) mod stations;
pub(crate) mod support;
pub(crate) mod tokens;
