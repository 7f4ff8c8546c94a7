//! A stranger who reads the event logs of `beket measure`; its tests are all there is.
