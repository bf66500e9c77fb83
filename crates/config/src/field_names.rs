//! The names of the fields of a struct: a derived `Deserialize` asks for them, and nothing else tells their order.

use serde::{
    Deserializer,
    de::{DeserializeOwned, Error as _, Visitor, value::Error as ValueError},
    forward_to_deserialize_any,
};

/// The names of a struct's fields, in the order in which they are declared: a JSON object has none.
pub(crate) fn fields_of<T: DeserializeOwned>() -> &'static [&'static str] {
    let mut names: &'static [&'static str] = &[];
    // It gives the names to the probe and then fails: there is nothing to make a value of.
    drop(T::deserialize(FieldProbe(&mut names)));
    names
}

/// Takes the names down that a derived `Deserialize` asks for.
struct FieldProbe<'a>(&'a mut &'static [&'static str]);

impl<'de> Deserializer<'de> for FieldProbe<'_> {
    type Error = ValueError;

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        _visitor: V,
    ) -> Result<V::Value, ValueError> {
        *self.0 = fields;
        Err(ValueError::custom("only the names were wanted"))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _visitor: V) -> Result<V::Value, ValueError> {
        Err(ValueError::custom("no struct"))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit
        unit_struct newtype_struct seq tuple tuple_struct map enum identifier ignored_any
    }
}
