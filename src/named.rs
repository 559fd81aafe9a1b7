//! Enumerations whose values have names, in the API or in the database.

/// Declares an enumeration with the name of each value, and `ALL`, `name` and `from_name`.
macro_rules! named {
    (
        $(#[$of_all:meta])*
        pub enum $Enumeration:ident {
            $($(#[$of_one:meta])* $Value:ident = $name:literal,)+
        }
    ) => {
        $(#[$of_all])*
        pub enum $Enumeration {
            $($(#[$of_one])* $Value,)+
        }

        impl $Enumeration {
            /// Every value.
            pub const ALL: [Self; [$($name),+].len()] = [$(Self::$Value),+];

            /// Returns the name.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$Value => $name,)+
                }
            }

            /// Parses a name.
            pub fn from_name(name: &str) -> Option<Self> {
                match name {
                    $($name => Some(Self::$Value),)+
                    _ => None,
                }
            }
        }
    };
}
pub(crate) use named;
