/* The grammar's one entry; its npm package carries no header for it. */
#ifndef TREE_SITTER_JAVASCRIPT_H
#define TREE_SITTER_JAVASCRIPT_H

#include <tree_sitter/api.h>

const TSLanguage *tree_sitter_javascript(void);

#endif
