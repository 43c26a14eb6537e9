//! From pixels to facts: detect, track, and judge what was seen.
