//! A hash index over names that stand elsewhere, so that no name is kept twice.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

/// Finds what has a name, among things whose names its caller tells again at each call.
#[derive(Clone, Debug)]
pub(crate) struct Lookup<T> {
    things: HashTable<T>,
    hasher: DefaultHashBuilder,
}

impl<T> Default for Lookup<T> {
    fn default() -> Self {
        Lookup { things: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }
}

impl<T: Copy + PartialEq> Lookup<T> {
    /// Makes room for so many more.
    pub(crate) fn reserve<'n>(&mut self, more: usize, name_of: impl Fn(T) -> Option<&'n str>) {
        self.things.reserve(more, |&one| hash(&self.hasher, one, &name_of));
    }

    /// Adds what has this name; others may have it too.
    pub(crate) fn insert<'n>(&mut self, name: &str, thing: T, name_of: impl Fn(T) -> Option<&'n str>) {
        let hasher = &self.hasher;
        self.things.insert_unique(hasher.hash_one(name), thing, |&one| hash(hasher, one, &name_of));
    }

    /// Removes what has this name.
    pub(crate) fn remove(&mut self, name: &str, thing: T) {
        if let Ok(entry) = self.things.find_entry(self.hasher.hash_one(name), |&one| one == thing) {
            entry.remove();
        }
    }

    /// What has this name, among things that have one each.
    pub(crate) fn find<'n>(&self, name: &str, name_of: impl Fn(T) -> Option<&'n str>) -> Option<T> {
        self.things.find(self.hasher.hash_one(name), |&one| name_of(one) == Some(name)).copied()
    }

    /// The only one of this name; none where there are two.
    pub(crate) fn find_only<'n>(&self, name: &str, name_of: impl Fn(T) -> Option<&'n str>) -> Option<T> {
        let mut named = self.things.iter_hash(self.hasher.hash_one(name)).filter(|&&one| name_of(one) == Some(name));
        named.next().filter(|_| named.next().is_none()).copied()
    }
}

fn hash<'n, T>(hasher: &DefaultHashBuilder, one: T, name_of: impl Fn(T) -> Option<&'n str>) -> u64 {
    name_of(one).map_or(0, |name| hasher.hash_one(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_two_claim_belongs_to_neither_until_one_lets_go() {
        let names = ["a", "b", "b", "c"];
        let name_of = |at: usize| names.get(at).copied();
        let mut lookup = Lookup::default();
        for (at, name) in names.iter().enumerate() {
            lookup.insert(name, at, name_of);
        }
        let found = |lookup: &Lookup<usize>| ["a", "b", "c", "d"].map(|name| lookup.find_only(name, name_of));
        assert_eq!(found(&lookup), [Some(0), None, Some(3), None]);
        lookup.remove("b", 1);
        lookup.remove("a", 0);
        assert_eq!(found(&lookup), [None, Some(2), Some(3), None]);
    }
}
