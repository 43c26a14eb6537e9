//! What machine this is, for figures and messages.

/// The board's name, else the processor's; `None` where neither is told.
pub(crate) fn name() -> Option<String> {
    let cpuinfo = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let board = std::fs::read_to_string("/proc/device-tree/model").unwrap_or_default();
    let board = Some(board.trim_end_matches('\0').to_owned()).filter(|it| !it.is_empty());
    board.or_else(|| field(&cpuinfo, "model name").map(str::to_owned))
}

/// The value of the first `name : value` line.
pub(crate) fn field<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    let lines = text.lines().filter_map(|it| it.split_once(':'));
    lines.filter(|(key, _)| key.trim() == name).map(|(_, value)| value.trim()).next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_is_named_once() {
        let cpuinfo =
            "processor\t: 0\nmodel name\t: Cortex-A76: r4\nprocessor\t: 1\nmodel name\t: B\n";
        assert_eq!(field(cpuinfo, "model name"), Some("Cortex-A76: r4"));
        assert_eq!(field(cpuinfo, "flags"), None);
    }
}
