//! Tables of which each is one list of columns: diesel's table, its rows, what is written of them,
//! and the fields of lists are made from it. Not here: how rows are found and written (`macros`).

/// Defines a table by its columns, which are `name: Rust type => SQL type`: the diesel table, a
/// struct that holds a row of it, and a [`Field`] for each column that lists can be filtered and
/// sorted by, called as is said behind `as`. A column has one doc comment for all of them.
///
/// A second struct holds the columns that are written together. They are columns of the row too,
/// and stand in the second list alone.
///
/// ```ignore
/// table! {
///     people;
///     /// A person of a tenant.
///     PersonRow {
///         /// The id.
///         id: PersonId => BigInt as ID,
///         /// The tenant.
///         organization_id: OrganizationId => BigInt,
///     }
///     /// What is written of a person.
///     WrittenPerson {
///         /// The name.
///         name: String => Text as NAME,
///         /// The e-mail address, if known.
///         email: Option<String> => Nullable<Text> as EMAIL,
///     }
/// }
/// ```
///
/// The order of the columns is that of the struct, and need not be that of the database. Diesel's
/// prelude has to be in scope.
///
/// [`Field`]: crate::Field
macro_rules! table {
    (
        $table:ident;
        $(#[$row_doc:meta])* $row:ident {
            $($(#[$doc:meta])* $column:ident: $type:ty => $sql:ty $(as $field:ident)?,)+
        }
        $($(#[$written_doc:meta])* $written:ident {
            $(
                $(#[$set_doc:meta])*
                $set:ident: $set_type:ty => $set_sql:ty $(as $set_field:ident)?,
            )+
        })?
    ) => {
        mod schema {
            diesel::table! {
                $table (id) { $($column -> $sql,)+ $($($set -> $set_sql,)+)? }
            }
        }
        pub(crate) use schema::$table;

        $(#[$row_doc])*
        #[derive(Clone, Debug, Queryable)]
        pub struct $row {
            $($(#[$doc])* pub $column: $type,)+
            $($($(#[$set_doc])* pub $set: $set_type,)+)?
        }

        $(
            $(#[$written_doc])*
            #[derive(Clone, Debug)]
            pub struct $written {
                $($(#[$set_doc])* pub $set: $set_type,)+
            }

            type Assignments<'w> = ($(
                diesel::dsl::Eq<
                    $table::$set,
                    <$set_type as $crate::database::column_values::ColumnValue>::Bound<'w>,
                >,
            )+);

            impl $written {
                fn assignments(&self) -> Assignments<'_> {
                    use $crate::database::column_values::ColumnValue;

                    ($($table::$set.eq(ColumnValue::bound(&self.$set)),)+)
                }
            }

            $crate::rows::insert_many::cells_of!($written { $($set),+ });

            impl<'w> Insertable<$table::table> for &'w $written {
                type Values = <Assignments<'w> as Insertable<$table::table>>::Values;

                fn values(self) -> Self::Values {
                    self.assignments().values()
                }
            }

            impl<'w> AsChangeset for &'w $written {
                type Target = $table::table;
                type Changeset = <Assignments<'w> as AsChangeset>::Changeset;

                fn as_changeset(self) -> Self::Changeset {
                    self.assignments().as_changeset()
                }
            }
        )?

        $($crate::rows::table::table!(@ $table.$column [$(#[$doc])*] $($field)?);)+
        $($($crate::rows::table::table!(@ $table.$set [$(#[$set_doc])*] $($set_field)?);)+)?
    };
    (@ $table:ident.$column:ident [$($doc:tt)*]) => {};
    (@ $table:ident.$column:ident [$($doc:tt)*] $field:ident) => {
        $crate::fields! { $table; $($doc)* $field = $column; }
    };
}

pub(crate) use table;
