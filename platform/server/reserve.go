package server

// heapReserve is memory that is counted as used and never touched, so it
// occupies addresses but no memory. The collector runs when the heap has
// doubled: without the reserve, a server that holds little would collect after
// every 4 MB, which is every few hundred calls, and spend an eighth of its
// time on it. The price is up to as much uncollected garbage again. GOGC still
// applies.
const heapReserve = 16 << 20
