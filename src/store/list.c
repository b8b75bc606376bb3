/* SPDX-License-Identifier: ISC */
/* list: a page of saved pictures, or of clips. */
#include "base/clock.h"
#include "protocol/reasons.h"
#include "store/store_internal.h"

static json_t *
list_row(const struct store_list *list)
{
	struct sql_statement *say = list->say;
	json_t *row = list->data != NULL ? list->data(say) : NULL;

	if (row == NULL)
		row = json_object();
	json_object_set_new(row, "id", json_integer((json_int_t)sql_number(say, 0)));
	json_object_set_new(row, "name", json_string(sql_text(say, 1)));
	json_object_set_new(row, "bytes", json_integer((json_int_t)sql_number(say, 2)));
	json_object_set_new(row, "ts", json_real(clock_seconds((uint64_t)sql_number(say, 3))));
	json_object_set_new(row, "keep", json_boolean(sql_number(say, 5) != 0));
	return row;
}

int
store_list(struct store *store, const struct store_list *list, const struct store_query *query,
    json_t **answer, struct cause *why)
{
	struct sql_statement *say = list->say;
	size_t most = query->most_bytes != 0 ? query->most_bytes / list->around : SIZE_MAX;
	json_t *rows = json_array();
	int result = STORE_OK;

	sql_bind(say, "iiii", query->before > 0 ? query->before : INT64_MAX,
	    (int64_t)(query->limit < most ? query->limit : most), query->from_ns,
	    query->to_ns > 0 ? query->to_ns : INT64_MAX);
	while (rows != NULL && (result = sql_step(say, why)) > 0) {
		if (sql_number(say, 4) == 0) {
			result = store_bad_row(store, why);
			break;
		}
		json_array_append_new(rows, list_row(list));
	}
	sql_done(say);
	*answer = json_pack("{s:o, s:I, s:I}", list->name, rows, "count", (json_int_t)list->count,
	    "bytes", (json_int_t)list->bytes);
	if (result == STORE_OK && *answer == NULL) {
		cause_reason(why, &reason_out_of_memory);
		return STORE_FAILED;
	}
	if (result != STORE_OK)
		json_decref(*answer);
	return result;
}
