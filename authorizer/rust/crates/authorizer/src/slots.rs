//! Names that many refer to, each kept once at a place that stays the same, for as long as somebody refers to it.

use crate::lookup::Lookup;

/// Where a name is kept.
pub(crate) type Place = u32;

/// Names, each with what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct Slots<T> {
    kept: Vec<Slot<T>>,
    lookup: Lookup<Place>,
    free: Vec<Place>,
    /// Places that somebody let go of, so that they may be free.
    released: Vec<Place>,
}

#[derive(Clone, Debug)]
struct Slot<T> {
    name: Box<str>,
    uses: usize,
    known: T,
}

impl<T> Default for Slots<T> {
    fn default() -> Self {
        Slots { kept: Vec::new(), lookup: Lookup::default(), free: Vec::new(), released: Vec::new() }
    }
}

impl<T: Default> Slots<T> {
    /// Refers to a name, once more.
    pub(crate) fn acquire(&mut self, name: &str) -> Place {
        if let Some(place) = self.place(name) {
            if let Some(slot) = self.kept.get_mut(place as usize) {
                slot.uses += 1;
            }
            return place;
        }
        let slot = Slot { name: name.into(), uses: 1, known: T::default() };
        let place = if let Some(place) = self.free.pop() {
            place
        } else {
            Place::try_from(self.kept.len()).unwrap_or(Place::MAX)
        };
        match self.kept.get_mut(place as usize) {
            Some(freed) => *freed = slot,
            None => self.kept.push(slot),
        }
        self.lookup.insert(name, place, name_of(&self.kept));
        place
    }

    /// Lets go of one reference. What nobody refers to any more stays until `sweep`.
    pub(crate) fn release(&mut self, place: Place) {
        if let Some(slot) = self.kept.get_mut(place as usize) {
            slot.uses = slot.uses.saturating_sub(1);
            if slot.uses == 0 {
                self.released.push(place);
            }
        }
    }

    /// Forgets what nobody refers to; whether there was something.
    pub(crate) fn sweep(&mut self) -> bool {
        let mut forgot = false;
        for place in std::mem::take(&mut self.released) {
            let Some(slot) = self.kept.get_mut(place as usize).filter(|slot| slot.uses == 0 && !slot.name.is_empty())
            else {
                continue;
            };
            self.lookup.remove(&slot.name, place);
            *slot = Slot { name: Box::default(), uses: 0, known: T::default() };
            self.free.push(place);
            forgot = true;
        }
        forgot
    }

    /// Every place, also free ones.
    pub(crate) fn places(&self) -> std::ops::Range<Place> {
        0..Place::try_from(self.kept.len()).unwrap_or(Place::MAX)
    }

    /// Where a name is kept.
    pub(crate) fn place(&self, name: &str) -> Option<Place> {
        self.lookup.find(name, name_of(&self.kept))
    }

    /// The name at a place.
    pub(crate) fn name(&self, place: Place) -> Option<&str> {
        name_of(&self.kept)(place)
    }

    /// What is known of the name at a place.
    pub(crate) fn get(&self, place: Place) -> Option<&T> {
        self.kept.get(place as usize).map(|slot| &slot.known)
    }

    /// The same, to be changed.
    pub(crate) fn get_mut(&mut self, place: Place) -> Option<&mut T> {
        self.kept.get_mut(place as usize).map(|slot| &mut slot.known)
    }

    /// Every name, and what is known of it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.kept.iter().filter(|slot| slot.uses > 0).map(|slot| (slot.name.as_ref(), &slot.known))
    }
}

fn name_of<'s, T>(slots: &'s [Slot<T>]) -> impl Fn(Place) -> Option<&'s str> {
    |place| slots.get(place as usize).map(|slot| slot.name.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_at_its_place_while_somebody_refers_to_it_and_its_place_is_used_again() {
        let mut slots = Slots::<u8>::default();
        let (a, b) = (slots.acquire("a"), slots.acquire("b"));
        assert_eq!(slots.acquire("a"), a);
        *slots.get_mut(a).unwrap() = 7;
        slots.release(a);
        slots.sweep();
        assert_eq!((slots.place("a"), slots.get(a)), (Some(a), Some(&7)));
        slots.release(a);
        assert_eq!(slots.acquire("a"), a); // before anything was swept
        slots.sweep();
        assert_eq!(slots.get(a), Some(&7));
        slots.release(a);
        slots.release(b);
        slots.sweep();
        assert_eq!((slots.place("a"), slots.iter().count()), (None, 0));
        let again = [slots.acquire("c"), slots.acquire("d")];
        assert_eq!(again.iter().max(), Some(&a.max(b)));
        assert_eq!(slots.iter().collect::<Vec<_>>(), [("d", &0), ("c", &0)]);
    }
}
