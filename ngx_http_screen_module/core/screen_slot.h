
/*
 * Which of a Redis Cluster's hash slots a key belongs to: CRC-16/XMODEM of
 * the key or, where it has one, of its hash tag, modulo the number of slots
 * (Redis Cluster specification, "Key distribution model", "Hash tags").
 */


#ifndef _SCREEN_SLOT_H_INCLUDED_
#define _SCREEN_SLOT_H_INCLUDED_


#include "screen_core.h"


#define SCREEN_SLOTS  16384


/*
 * The slot of a key of any bytes, 0 to SCREEN_SLOTS - 1.  What stands between
 * the first "{" and the first "}" after it is hashed alone, unless it is
 * empty: so keys with the same tag share a slot.
 */
unsigned screen_slot_of(const screen_str_t *key);


#endif /* _SCREEN_SLOT_H_INCLUDED_ */
