//! The shots of a lane that are not over yet, so that none is ever lost.

use std::cell::RefCell;

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::clock::Moment;
use crate::event::ShotId;

/// A shot that is not over.
#[derive(Debug)]
pub(super) struct OpenShot {
    pub(super) id: ShotId,
    pub(super) intended_at: Moment,
    pub(super) started_at: Option<Moment>,
    pub(super) sent_at: Option<Moment>,
    pub(super) task: Option<AbortHandle>,
}

/// All shots of a lane that are not over. Slots are used again: as large as the most that were ever
/// open at once.
#[derive(Debug, Default)]
pub(super) struct OpenShots {
    slots: RefCell<Slots>,
    closed: Notify,
}

#[derive(Debug, Default)]
struct Slots {
    shots: Vec<Option<OpenShot>>,
    free: Vec<usize>,
}

impl OpenShots {
    /// Opens a shot; the key names it until it is closed.
    pub(super) fn begin(&self, id: ShotId, intended_at: Moment) -> usize {
        let shot = OpenShot {
            id,
            intended_at,
            started_at: None,
            sent_at: None,
            task: None,
        };
        let slots = &mut *self.slots.borrow_mut();
        if let Some(key) = slots.free.pop() {
            slots.shots[key] = Some(shot);
            key
        } else {
            slots.shots.push(Some(shot));
            slots.shots.len() - 1
        }
    }

    pub(super) fn attach(&self, key: usize, task: AbortHandle) {
        self.with(key, |shot| shot.task = Some(task));
    }

    /// Notes the first poll; gives back the intended time.
    pub(super) fn started(&self, key: usize, at: Moment) -> Moment {
        self.with(key, |shot| {
            shot.started_at = Some(at);
            shot.intended_at
        })
    }

    pub(super) fn sent(&self, key: usize, at: Moment) {
        self.with(key, |shot| shot.sent_at = Some(at));
    }

    pub(super) fn close(&self, key: usize) -> OpenShot {
        let slots = &mut *self.slots.borrow_mut();
        let shot = slots.shots[key]
            .take()
            .expect("a shot is closed once, by its own task");
        slots.free.push(key);
        if slots.free.len() == slots.shots.len() {
            self.closed.notify_waiters();
        }
        shot
    }

    /// Closes all of them, in the order of their intended times.
    pub(super) fn take_all(&self) -> Vec<OpenShot> {
        let slots = std::mem::take(&mut *self.slots.borrow_mut());
        let mut left: Vec<OpenShot> = slots.shots.into_iter().flatten().collect();
        left.sort_by_key(|shot| (shot.intended_at, shot.id));
        left
    }

    /// Waits until none is open.
    pub(super) async fn all_closed(&self) {
        loop {
            let closed = self.closed.notified();
            {
                let slots = self.slots.borrow();
                if slots.free.len() == slots.shots.len() {
                    return;
                }
            }
            closed.await;
        }
    }

    fn with<T>(&self, key: usize, work: impl FnOnce(&mut OpenShot) -> T) -> T {
        let mut slots = self.slots.borrow_mut();
        let shot = slots.shots[key].as_mut();
        work(shot.expect("a shot is open while its task runs"))
    }
}
