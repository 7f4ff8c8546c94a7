//! `/api/alarms/silence`: an alarm was heard; it need not sound any more, and stays where it is.

pub mod silence;
