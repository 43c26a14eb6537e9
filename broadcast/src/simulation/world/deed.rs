//! What the script has people and the field do to a ward.

use jiff::Timestamp;

use super::super::queue::What;
use super::super::script::{Deed, Outage};
use super::World;
use crate::PlayId;
use crate::player::Event;

impl World<'_, '_> {
    pub(super) fn deed(&mut self, nth: usize, now: Timestamp) {
        let deed = &self.scenario.script[nth].1;
        match deed {
            Deed::Enter { .. }
            | Deed::Edit { .. }
            | Deed::Approve { .. }
            | Deed::Reschedule { .. } => {
                match self.down_until {
                    // Nobody can reach its console.
                    Some(until) => self.queue.push(until, What::Deed(nth)),
                    None => self.change_of_plan(deed, now),
                }
            }
            Deed::BoxDown { lasts } => self.box_down(now + *lasts),
            Deed::Power(outage) => self.power_cut(*outage, now),
            Deed::LinkDown { cluster, lasts } => {
                self.judge.figures.link_losses += 1;
                self.cut_off(*cluster);
                self.queue.push(now + *lasts, What::LinkBack { cluster: *cluster });
            }
            Deed::BadContent { cluster } => {
                self.fault(*cluster);
                self.clusters[*cluster].n_bad_content += 1;
            }
            Deed::DamagedFile { cluster } => {
                if !std::mem::replace(&mut self.clusters[*cluster].is_file_damaged, true) {
                    self.fault(*cluster);
                }
            }
            Deed::SinkFails { cluster } => {
                if !self.clusters[*cluster].is_sink_broken {
                    self.fault(*cluster);
                    self.cluster(*cluster, |it, street| it.break_sink(now, street));
                }
            }
            Deed::Repeat { cluster } => self.repeat(*cluster, now),
        }
    }

    pub(super) fn fault(&mut self, cluster: usize) {
        self.judge.figures.faults += 1;
        self.judge.troubled(cluster);
    }

    pub(super) fn change_of_plan(&mut self, deed: &Deed, now: Timestamp) {
        self.judge.figures.changes_of_plan += 1;
        match deed {
            Deed::Enter { bulletin } => self.desk.enter(*bulletin, now),
            Deed::Edit { bulletin } => {
                self.check_recorded(*bulletin, now);
                self.desk.edit(*bulletin);
            }
            Deed::Approve { bulletin, content } => self.desk.approve(*bulletin, *content, now),
            Deed::Reschedule { bulletin, schedule } => {
                self.check_recorded(*bulletin, now);
                self.desk.reschedule(*bulletin, schedule.clone(), now);
            }
            Deed::BoxDown { .. }
            | Deed::Power(_)
            | Deed::LinkDown { .. }
            | Deed::BadContent { .. }
            | Deed::DamagedFile { .. }
            | Deed::SinkFails { .. }
            | Deed::Repeat { .. } => {}
        }
        self.round(now);
    }

    pub(super) fn check_recorded(&mut self, bulletin: usize, now: Timestamp) {
        for occurrence in self.desk.unrecorded(bulletin, now) {
            let play =
                PlayId { bulletin: self.scenario.ward.bulletins[bulletin].entry.id, occurrence };
            self.judge.broke(0, play, now, "nothing says what became of it");
        }
    }

    pub(super) fn power_cut(&mut self, outage: Outage, now: Timestamp) {
        let cluster = outage.cluster;
        if !self.clusters[cluster].has_power() || self.clusters[cluster].is_dying() {
            return;
        }
        let figures = &mut self.judge.figures;
        if outage.clock_off.is_some() {
            figures.power_cuts += 1;
        } else {
            figures.restarts += 1;
        }
        self.judge.troubled(cluster);
        self.cluster(cluster, |it, street| it.cut_power(outage, now, street));
    }

    pub(super) fn cut_off(&mut self, nth: usize) {
        self.judge.troubled(nth);
        self.clusters[nth].n_cut_off += 1;
    }

    /// An old copy of an order, past every check that would refuse it.
    pub(super) fn repeat(&mut self, nth: usize, now: Timestamp) {
        if !(self.clusters[nth].is_trusted && self.clusters[nth].has_power()) {
            return;
        }
        if let Some(order) = self.clusters[nth].some_order(&mut self.chance) {
            self.cluster(nth, |it, street| it.step(Event::Ordered(order), now, street));
        }
    }

    pub(super) fn box_down(&mut self, until: Timestamp) {
        if self.down_until.is_some() {
            return;
        }
        self.judge.figures.box_outages += 1;
        self.down_until = Some(until);
        for nth in 0..self.clusters.len() {
            self.cut_off(nth);
        }
        self.queue.push(until, What::BoxBack);
    }
}
