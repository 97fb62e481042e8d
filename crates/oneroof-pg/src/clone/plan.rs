//! What is read of the source before anything is made.

use super::doors::doors;
use super::error::{CloneError, database};
use super::mask::{MaskReport, mask_faults, mask_report};
use super::options::CloneOptions;
use super::physical::{self, PhysicalFacts};
use super::rights::missing_rights;
use super::snapshot::end_reading;
use super::strategy::CloneStrategy;
use crate::catalog::{self, Extension, RoleStatement, RoleStatementKind, TargetIdentity};
use crate::connect::{Session, SessionOptions, connect};
use crate::conninfo::ConnInfo;
use crate::ephemeral::{
    ClusterLocale, LocaleProvider, ServerBinaries, ServerConfig, ServerKind, find,
};

/// What is known about the source before anything is made.
pub(super) struct Plan {
    pub(super) identity: TargetIdentity,
    pub(super) size_bytes: u64,
    pub(super) roles: Vec<RoleStatement>,
    pub(super) extensions: Vec<Extension>,
    pub(super) doors: Vec<String>,
    pub(super) binaries: ServerBinaries,
    pub(super) session: Session,
    pub(super) masks: MaskReport,
    /// What is known about the files, if they are to be copied.
    pub(super) files: Option<PhysicalFacts>,
}

impl Plan {
    pub(super) async fn read(
        source: &ConnInfo,
        options: &CloneOptions,
    ) -> Result<Self, CloneError> {
        let session_options = SessionOptions {
            lock_timeout_ms: Some(5_000),
            ..SessionOptions::read_only(format!("oneroof/clone/{}", options.run))
        };
        let session = connect(source, &session_options)
            .await
            .map_err(database("open the source"))?;
        let reading = || database("read the source");
        session
            .simple("begin transaction isolation level repeatable read read only")
            .await
            .map_err(reading())?;

        let files = match options.strategy {
            CloneStrategy::Logical => None,
            CloneStrategy::Physical => Some(physical::facts(&session).await.map_err(reading())?),
        };
        let missing = match &files {
            None => missing_rights(&session).await.map_err(reading())?,
            Some(files) => files.missing_rights(),
        };
        if let Some(why) = files.as_ref().and_then(PhysicalFacts::obstacle) {
            return Err(CloneError::NotPhysical { why });
        }
        if !missing.is_empty() {
            return Err(CloneError::Rights {
                database: source.dbname().to_owned(),
                role: source.user().to_owned(),
                missing,
            });
        }
        let faults = mask_faults(&session, &options.masks)
            .await
            .map_err(reading())?;
        if !faults.is_empty() {
            return Err(CloneError::Masks { faults });
        }
        if files.is_some() && !options.masks.is_empty() {
            return Err(CloneError::NotPhysical {
                why: "its columns are masked, which a copy of files cannot do".to_owned(),
            });
        }
        if files.is_some() && !options.left_out.is_empty() {
            return Err(CloneError::NotPhysical {
                why: "rows of some tables are left out, which a copy of files cannot do".to_owned(),
            });
        }
        let masks = mask_report(&session, &options.masks)
            .await
            .map_err(reading())?;
        let identity = catalog::identity(&session).await.map_err(reading())?;
        let facts = catalog::database(&session).await.map_err(reading())?;
        let doors = doors(&session).await.map_err(reading())?;

        let major = identity.major;
        let (setting, places) = (options.binaries.clone(), options.places.clone());
        // Looking for binaries starts `pg_config` and blocks for some milliseconds.
        let binaries =
            tokio::task::spawn_blocking(move || find(setting.as_deref(), Some(major), &places))
                .await
                .map_err(|error| CloneError::Client {
                    major,
                    detail: error.to_string(),
                })?
                .map_err(|source| CloneError::Binaries {
                    major,
                    source: Box::new(source),
                })?;
        let roles = catalog::roles(&session).await.map_err(reading())?;
        let extensions = catalog::extensions(&session).await.map_err(reading())?;
        options.limits.look(&session, source).await?;
        end_reading(&session).await?;
        Ok(Self {
            roles,
            extensions,
            size_bytes: files.as_ref().map_or(facts.size_bytes, |files| files.bytes),
            files,
            masks,
            identity,
            doors,
            binaries,
            session,
        })
    }

    pub(super) fn count_of(&self, kind: RoleStatementKind) -> u64 {
        let count = self.roles.iter().filter(|role| role.kind == kind).count();
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    pub(super) fn differences(&self, clone: &TargetIdentity) -> Vec<String> {
        let mut differences = Vec::new();
        if self.identity.server_version != clone.server_version {
            differences.push(format!(
                "server version: {} there, {} here",
                self.identity.server_version, clone.server_version
            ));
        }
        if self.files.is_none() {
            differences
                .push("timings lack the source's bloat: the copy is freshly written".to_owned());
        }
        differences
    }

    pub(super) fn server_config(&self, options: &CloneOptions) -> ServerConfig {
        let mut config = ServerConfig::new(self.binaries.clone(), options.servers.clone());
        config.kind = ServerKind::Clone;
        config.superuser = self.identity.bootstrap_superuser.clone();
        config.encoding = self.identity.encoding.clone();
        config.locale = ClusterLocale {
            provider: match self.identity.locale_provider.as_str() {
                "i" => LocaleProvider::Icu,
                "b" => LocaleProvider::Builtin,
                _ => LocaleProvider::Libc,
            },
            collate: self.identity.collate.clone(),
            ctype: self.identity.ctype.clone(),
            provider_locale: self.identity.locale.clone(),
        };
        config.lifetime = options.lifetime;
        config.temp_folder = options.temp_folder.clone();
        config.os_user = options.os_user.clone();
        config.settings = options.settings.clone();
        config
    }
}

/// Transactions of ours that [`make_clone`] takes on the source before it copies, each ended by [`end_reading`].
pub(super) const SOURCE_TRANSACTIONS: u64 = 2;
