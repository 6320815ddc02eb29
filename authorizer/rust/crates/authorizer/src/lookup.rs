//! A hash index over names that stand elsewhere, so that no name is kept twice.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Finds the place of a name among names that its caller holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lookup {
    places: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl Lookup {
    /// An index over distinct names; `name_at` gives the name at a place.
    pub(crate) fn over<'n>(count: usize, name_at: impl Fn(usize) -> Option<&'n str>) -> Self {
        let hasher = DefaultHashBuilder::default();
        let mut places = HashTable::with_capacity(count);
        let hash_at = |place: usize| name_at(place).map_or(0, |name| hasher.hash_one(name));
        for (place, number) in (0..count).zip(0_u32..) {
            places.insert_unique(hash_at(place), number, |&other| hash_at(other as usize));
        }
        Lookup { places, hasher }
    }

    /// The place of a name, given the same names again.
    pub(crate) fn find<'n>(&self, name: &str, name_at: impl Fn(usize) -> Option<&'n str>) -> Option<usize> {
        self.places
            .find(self.hasher.hash_one(name), |&place| name_at(place as usize) == Some(name))
            .map(|&place| place as usize)
    }
}
