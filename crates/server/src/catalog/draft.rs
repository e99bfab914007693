//! The attributes of a writable type on their way from a row and a request to a row, in one list.
//! Not here: what an attribute is to clients (its declaration), and whether its value is sound,
//! which the rules judge between the two halves of the list.

/// Makes three functions from one list of the attributes that clients write:
///
/// - `draft` makes a draft from a row,
/// - `read` puts the values of the input into a draft, by the names of its fields,
/// - `written` makes the columns to write from what the rules have accepted.
///
/// A visibility before the name of the draft, such as `pub(crate)`, holds for all three.
///
/// Each line is `field: its value in a row => column: its value in what was accepted`. Fields that
/// `read` must leave alone go into a block `draft { … }` before `written`; columns that are no
/// attribute go into `written { … }`.
///
/// ```ignore
/// draft! {
///     DealDraft of row: &DealRow;
///     WrittenDeal of terms: &DealTerms;
///     {
///         name: Some(row.name.clone()) => name: terms.name.clone(),
///         exchange_rate: row.exchange_rate_e12 => exchange_rate_e12: terms.rate.map(Rate::units),
///     }
///     written { value_default: terms.value_default }
/// }
/// ```
macro_rules! draft {
    (
        $visibility:vis $draft:ident of $row:ident: $row_type:ty;
        $written:ident of $($part:ident: $part_type:ty),+;
        { $($name:ident: $in_row:expr => $column:ident: $in_part:expr,)+ }
        $(draft { $($unread:ident: $unread_in_row:expr),+ })?
        $(written { $($derived:ident: $derived_in_part:expr),+ $(,)? })?
    ) => {
        $visibility fn draft($row: $row_type) -> $draft {
            $draft { $($name: $in_row,)+ $($($unread: $unread_in_row,)+)? }
        }

        $visibility fn read(input: &apportion_jsonapi::Input, draft: &mut $draft) {
            $(input.set(stringify!($name), &mut draft.$name);)+
        }

        $visibility fn written($($part: $part_type),+) -> $written {
            $written { $($column: $in_part,)+ $($($derived: $derived_in_part,)+)? }
        }
    };
}

pub(crate) use draft;
