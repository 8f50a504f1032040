// Mutants whose patched glue does not recover as the original does, and rightly so: what the mutation took
// away is what the rule is about, and a working program that never faults does not show it.
export const explained = () => false;
