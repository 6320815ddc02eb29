//! The routes of one gateway, packed: a large one has thousands of them, and most demand what others demand too.

use hashbrown::HashMap;

use crate::entities::Route;
use crate::shape::Table;

/// What each route key demands, sorted by key; equal demands are kept once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Routes {
    /// All keys, one after the other.
    keys: Box<str>,
    packed: Box<[Packed]>,
    demands: Box<[Route]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Packed {
    /// Where its key ends among the keys.
    end: u32,
    /// Which demand is its.
    demand: u32,
}

impl From<Table<Route>> for Routes {
    fn from(table: Table<Route>) -> Self {
        let (mut keys, mut packed) = (String::new(), Vec::with_capacity(table.len()));
        let mut demands: HashMap<Route, u32> = HashMap::new();
        for (key, route) in table {
            keys.push_str(&key);
            let next = number(demands.len());
            packed.push(Packed { end: number(keys.len()), demand: *demands.entry(route).or_insert(next) });
        }
        let mut demands: Vec<(Route, u32)> = demands.into_iter().collect();
        demands.sort_unstable_by_key(|(_, number)| *number);
        let demands = demands.into_iter().map(|(route, _)| route).collect();
        Routes { keys: keys.into(), packed: packed.into(), demands }
    }
}

/// An entity is read from an envelope of at most 16 MiB, so every number here fits.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

impl Routes {
    /// How many there are.
    pub fn len(&self) -> usize {
        self.packed.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.packed.is_empty()
    }

    /// Key and demand of each, by key.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Route)> {
        (0..self.len()).filter_map(|place| Some((self.key(place)?, self.demand(place)?.1)))
    }

    /// The key at a place.
    pub fn key(&self, place: usize) -> Option<&str> {
        let start = match place.checked_sub(1) {
            Some(before) => self.packed.get(before)?.end,
            None => 0,
        };
        self.keys.get(start as usize..self.packed.get(place)?.end as usize)
    }

    /// What the route at a place demands, and which of the demands it is.
    pub fn demand(&self, place: usize) -> Option<(usize, &Route)> {
        let number = self.packed.get(place)?.demand as usize;
        Some((number, self.demands.get(number)?))
    }

    /// Every demand, once.
    pub fn demands(&self) -> &[Route] {
        &self.demands
    }
}
