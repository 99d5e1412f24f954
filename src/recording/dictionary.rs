//! What is said again and again, written once: routes, failures and names.
//!
//! Each row carries a hash of its own, for it belongs to no batch. What a service makes up anew for
//! every failure (a message with a request's number) gets a row each time; the writer remembers at
//! most [`REMEMBERED`] of a sort, the reader looks rows up as they are needed.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row};

use super::row::{Flaw, hash, hash_of, maybe};
use crate::event::{Failure, FailureKind, Route};

/// Entries of a sort that are remembered; then it forgets them all and begins again.
const REMEMBERED: usize = 4_096;

/// The writer's side.
#[derive(Debug, Default)]
pub struct Dictionary {
    routes: Sort<Arc<Route>>,
    failures: Sort<Failure>,
    names: Sort<Arc<str>>,
}

/// Entries of one sort.
#[derive(Debug)]
struct Sort<T> {
    known: HashMap<T, i64>,
    next: i64,
}

impl<T> Default for Sort<T> {
    fn default() -> Self {
        Self {
            known: HashMap::new(),
            next: 0,
        }
    }
}

impl<T: Hash + Eq + Clone> Sort<T> {
    /// The entry's number, and whether it is new.
    fn number(&mut self, entry: &T) -> (i64, bool) {
        if let Some(number) = self.known.get(entry) {
            return (*number, false);
        }
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        let number = self.next;
        self.next += 1;
        self.known.insert(entry.clone(), number);
        (number, true)
    }
}

impl Dictionary {
    /// The number of a route.
    pub fn route(&mut self, into: &Connection, route: &Arc<Route>) -> rusqlite::Result<i64> {
        let (id, new) = self.routes.number(route);
        if new {
            let texts = [
                route.region.as_str(),
                route.target.as_str(),
                route.model.as_str(),
                route.provider.as_str(),
                &route.label,
            ];
            let cells = texts.map(|text| Value::Text(text.to_owned()));
            write(into, "INSERT INTO route VALUES (?,?,?,?,?,?,?)", id, cells)?;
        }
        Ok(id)
    }

    /// The number of a failure.
    pub fn failure(&mut self, into: &Connection, failure: &Failure) -> rusqlite::Result<i64> {
        let (id, new) = self.failures.number(failure);
        if new {
            let cells = [
                Value::Text(failure.kind.key().to_owned()),
                maybe(failure.status, |status| Value::Integer(status.into())),
                maybe(failure.code.clone(), Value::Text),
                Value::Text(failure.message.clone()),
            ];
            write(into, "INSERT INTO failure VALUES (?,?,?,?,?,?)", id, cells)?;
        }
        Ok(id)
    }

    /// The number of a name.
    pub fn name(&mut self, into: &Connection, name: &str) -> rusqlite::Result<i64> {
        let (id, new) = match self.names.known.get(name) {
            Some(id) => (*id, false),
            None => self.names.number(&Arc::from(name)),
        };
        if new {
            let cells = [Value::Text(name.to_owned())];
            write(into, "INSERT INTO name VALUES (?,?,?)", id, cells)?;
        }
        Ok(id)
    }
}

fn write<const N: usize>(
    into: &Connection,
    insert: &str,
    id: i64,
    cells: [Value; N],
) -> rusqlite::Result<()> {
    let mut cells: Vec<Value> = std::iter::once(Value::Integer(id)).chain(cells).collect();
    cells.push(Value::Integer(hash_of(&cells)));
    into.prepare_cached(insert)?
        .execute(rusqlite::params_from_iter(&cells))?;
    Ok(())
}

/// The reader's side.
#[derive(Debug, Default)]
pub struct Lookup {
    routes: HashMap<i64, Arc<Route>>,
    failures: HashMap<i64, Failure>,
    names: HashMap<i64, Arc<str>>,
}

impl Lookup {
    /// The route of a number.
    pub fn route(&mut self, from: &Connection, id: i64) -> Result<Arc<Route>, Flaw> {
        let select = "SELECT id, region, target, model, provider, label, xxh3 FROM route WHERE id = ?";
        looked_up(&mut self.routes, from, select, id, |row| {
            Ok(Arc::new(Route {
                region: row.get::<_, String>(1)?.into(),
                target: row.get::<_, String>(2)?.into(),
                model: row.get::<_, String>(3)?.into(),
                provider: row.get::<_, String>(4)?.into(),
                label: row.get(5)?,
            }))
        })
    }

    /// The failure of a number.
    pub fn failure(&mut self, from: &Connection, id: i64) -> Result<Failure, Flaw> {
        let select = "SELECT id, kind, status, code, message, xxh3 FROM failure WHERE id = ?";
        looked_up(&mut self.failures, from, select, id, |row| {
            Ok(Failure {
                kind: kind(row.get_ref(1)?.as_str()?)?,
                status: row.get(2)?,
                code: row.get(3)?,
                message: row.get(4)?,
            })
        })
    }

    /// The name of a number.
    pub fn name<T: From<String>>(&mut self, from: &Connection, id: i64) -> Result<T, Flaw> {
        let select = "SELECT id, text, xxh3 FROM name WHERE id = ?";
        let name = looked_up(&mut self.names, from, select, id, |row| Ok(row.get(1)?))?;
        Ok(T::from(name.to_string()))
    }
}

/// The kind of failure with this key.
pub fn kind(key: &str) -> Result<FailureKind, Flaw> {
    FailureKind::of_key(key).ok_or_else(|| Flaw::Wrong(format!("no kind of failure is called `{key}`")))
}

fn looked_up<T: Clone>(
    known: &mut HashMap<i64, T>,
    from: &Connection,
    select: &str,
    id: i64,
    read: impl FnOnce(&Row<'_>) -> Result<T, Flaw>,
) -> Result<T, Flaw> {
    if let Some(entry) = known.get(&id) {
        return Ok(entry.clone());
    }
    let mut statement = from.prepare_cached(select)?;
    let columns = statement.column_count();
    let mut rows = statement.query([id])?;
    let row = rows
        .next()?
        .ok_or_else(|| Flaw::Wrong(format!("an entry of the dictionaries, {id}, is missing")))?;
    let cells: Vec<ValueRef<'_>> = (0..columns - 1)
        .map(|column| row.get_ref(column))
        .collect::<Result<_, _>>()?;
    if row.get::<_, i64>(columns - 1)? != hash(cells) {
        return Err(Flaw::Wrong(format!(
            "an entry of the dictionaries, {id}, is not what was written"
        )));
    }
    let entry = read(row)?;
    if known.len() >= REMEMBERED {
        known.clear();
    }
    known.insert(id, entry.clone());
    Ok(entry)
}
