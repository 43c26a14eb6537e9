//! What plays, where and when. Pure, but for named leaves.
