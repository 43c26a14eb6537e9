//! Who belongs to whom: the cheapest pairing of rows and columns (Kuhn 1955, Munkres 1957).

/// Costs in `0.0..=1.0`, row by row.
#[derive(Clone, Debug)]
pub(super) struct Costs {
    n_rows: usize,
    n_columns: usize,
    costs: Vec<f32>,
}

impl Costs {
    pub(super) fn new(n_rows: usize, n_columns: usize, cost: impl Fn(usize, usize) -> f32) -> Self {
        let all = (0..n_rows).flat_map(|row| (0..n_columns).map(move |column| (row, column)));
        Self { n_rows, n_columns, costs: all.map(|(row, column)| cost(row, column)).collect() }
    }

    /// For each row, its column. The sum of costs is the smallest possible, where a row and a
    /// column that stay alone cost `limit` together; no pair costs `limit` or more.
    pub(super) fn pair(&self, limit: f32) -> Vec<Option<usize>> {
        let n_rows = self.n_rows;
        if self.costs.is_empty() {
            return vec![None; n_rows];
        }
        let cost = |row: usize, column: usize| self.costs[row * self.n_columns + column].min(limit);
        let mut pairs = if n_rows <= self.n_columns {
            shortest_paths(n_rows, self.n_columns, cost)
        } else {
            let turned = shortest_paths(self.n_columns, n_rows, |row, column| cost(column, row));
            let mut pairs = vec![None; n_rows];
            for (column, row) in turned.into_iter().enumerate() {
                if let Some(row) = row {
                    pairs[row] = Some(column);
                }
            }
            pairs
        };
        for (row, pair) in pairs.iter_mut().enumerate() {
            *pair = pair.filter(|&column| cost(row, column) < limit);
        }
        pairs
    }
}

/// The shortest augmenting path method with potentials (Jonker and Volgenant 1987) for
/// `n_rows <= n_columns`. Index 0 is a stand-in; real rows and columns count from 1.
fn shortest_paths(
    n_rows: usize,
    n_columns: usize,
    cost: impl Fn(usize, usize) -> f32,
) -> Vec<Option<usize>> {
    let mut row_price = vec![0.0_f32; n_rows + 1];
    let mut column_price = vec![0.0_f32; n_columns + 1];
    let mut row_of = vec![0; n_columns + 1];
    for row in 1..=n_rows {
        row_of[0] = row;
        let mut distance = vec![f32::INFINITY; n_columns + 1];
        let mut came_from = vec![0; n_columns + 1];
        let mut visited = vec![false; n_columns + 1];
        let mut column = 0;
        while row_of[column] != 0 {
            visited[column] = true;
            let here = row_of[column];
            let (mut step, mut next) = (f32::INFINITY, 0);
            for other in 1..=n_columns {
                if visited[other] {
                    continue;
                }
                let way = cost(here - 1, other - 1) - row_price[here] - column_price[other];
                if way < distance[other] {
                    (distance[other], came_from[other]) = (way, column);
                }
                if distance[other] < step {
                    (step, next) = (distance[other], other);
                }
            }
            for other in 0..=n_columns {
                if visited[other] {
                    row_price[row_of[other]] += step;
                    column_price[other] -= step;
                } else {
                    distance[other] -= step;
                }
            }
            column = next;
        }
        while column != 0 {
            let before = came_from[column];
            row_of[column] = row_of[before];
            column = before;
        }
    }
    let mut pairs = vec![None; n_rows];
    for (column, &row) in row_of.iter().enumerate().skip(1) {
        if row != 0 {
            pairs[row - 1] = Some(column - 1);
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The smallest sum by trying everything; what stays alone costs `limit` a pair.
    fn cheapest(costs: &Costs, row: usize, n_rows: usize, used: &mut Vec<bool>, limit: f32) -> f32 {
        if row == n_rows {
            return 0.0;
        }
        let mut best = limit + cheapest(costs, row + 1, n_rows, used, limit);
        for column in 0..costs.n_columns {
            let cost = costs.costs[row * costs.n_columns + column];
            if !used[column] && cost < limit {
                used[column] = true;
                best = best.min(cost + cheapest(costs, row + 1, n_rows, used, limit));
                used[column] = false;
            }
        }
        best
    }

    #[test]
    fn the_greedy_choice_is_not_the_cheapest() {
        let costs = Costs { n_rows: 2, n_columns: 2, costs: vec![0.1, 0.2, 0.2, 0.9] };
        assert_eq!(costs.pair(1.0), [Some(1), Some(0)]);
    }

    #[test]
    fn what_costs_the_limit_stays_alone() {
        let costs = Costs { n_rows: 2, n_columns: 1, costs: vec![0.8, 0.7999] };
        assert_eq!(costs.pair(0.8), [None, Some(0)]);
        assert_eq!(Costs::new(0, 3, |_, _| 0.0).pair(0.8), []);
        assert_eq!(Costs::new(2, 0, |_, _| 0.0).pair(0.8), [None, None]);
    }

    proptest! {
        #[test]
        fn nothing_is_cheaper(
            n_rows in 1_usize..5,
            n_columns in 1_usize..5,
            seed in prop::collection::vec(0.0_f32..1.0, 25),
        ) {
            let costs = Costs::new(n_rows, n_columns, |row, column| seed[row * 5 + column]);
            let limit = 0.7;
            let pairs = costs.pair(limit);
            let mut columns: Vec<_> = pairs.iter().flatten().collect();
            columns.sort_unstable();
            columns.dedup();
            prop_assert_eq!(columns.len(), pairs.iter().flatten().count());
            let sum: f32 = pairs
                .iter()
                .enumerate()
                .map(|(row, it)| it.map_or(limit, |column| seed[row * 5 + column]))
                .sum();
            let best = cheapest(&costs, 0, n_rows, &mut vec![false; n_columns], limit);
            prop_assert!((sum - best).abs() < 1e-4, "{} is not {}", sum, best);
        }
    }
}
