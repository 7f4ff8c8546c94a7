//! A lane: vehicles one behind the other. Says which passage a device's reading belongs to.
