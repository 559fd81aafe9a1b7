"""Manila's levels, as `manila.message.message_levels` has them."""

ERROR = "ERROR"
