// What the pages cannot do by themselves.
