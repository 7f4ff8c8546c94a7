//! Mistakes made on purpose, to see that a checker finds them: a harness that never found a bug
//! proves nothing. A release build has none of them: there [`is`] is `false`, and the compiler
//! removes what stands behind it.
//!
//! Each is one condition beside the line it spoils. Only a harness plants one, in its own thread.

/// What can be spoilt. The names say what the spoilt system does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Bug {
    /// Records are acknowledged before the disk has them.
    AckBeforeSync,
    /// The new state is taken over although the disk refused it.
    AckAlthoughFull,
    /// The head that is written does not cover the last record.
    SignTheHeadBefore,
    /// A copy with a gap before it is taken.
    CopyOverGap,
    /// Records that came before are written once more.
    CopyTwice,
}

impl Bug {
    pub const ALL: [Bug; 5] = [
        Bug::AckBeforeSync,
        Bug::AckAlthoughFull,
        Bug::SignTheHeadBefore,
        Bug::CopyOverGap,
        Bug::CopyTwice,
    ];
}

#[cfg(debug_assertions)]
thread_local! {
    static PLANTED: std::cell::Cell<Option<Bug>> = const { std::cell::Cell::new(None) };
}

/// Whether this mistake is to be made now.
#[inline]
pub fn is(bug: Bug) -> bool {
    #[cfg(debug_assertions)]
    return PLANTED.get() == Some(bug);
    #[cfg(not(debug_assertions))]
    {
        let _ = bug;
        false
    }
}

/// Plants one in this thread, or none. `false`: this build has none.
pub fn plant(bug: Option<Bug>) -> bool {
    #[cfg(debug_assertions)]
    PLANTED.set(bug);
    let _ = bug;
    cfg!(debug_assertions)
}
