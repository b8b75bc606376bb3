/* SPDX-License-Identifier: ISC */
#include "site/login_page.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "http/reply.h"

/* All texts from outside are bounded (site/login_routes.c): a page has room for them even when
 * every character is escaped. */
struct text {
	size_t used;
	char bytes[12 * 1024];
};

static void
text_add(struct text *text, const char *more)
{
	size_t length = strlen(more), left = sizeof text->bytes - text->used;

	if (length > left)
		length = left;
	memcpy(text->bytes + text->used, more, length);
	text->used += length;
}

/* Escape for text, and for values between quotes, in HTML. */
static void
text_add_escaped(struct text *text, const char *more)
{
	for (; more != NULL && *more != '\0'; more++) {
		const char plain[2] = { *more, '\0' };

		text_add(text,
		    *more == '&'	? "&amp;"
			: *more == '<'	? "&lt;"
			: *more == '>'	? "&gt;"
			: *more == '"'	? "&quot;"
			: *more == '\'' ? "&#39;"
					: plain);
	}
}

/* Append the parts up to NULL; the second, fourth, … escaped. */
static void
text_put_parts(struct text *text, const char *const parts[])
{
	for (size_t i = 0; parts[i] != NULL; i++)
		(i % 2 != 0 ? text_add_escaped : text_add)(text, parts[i]);
}
#define text_put(text, ...) text_put_parts(text, (const char *const[]){ __VA_ARGS__, NULL })

static void
login_page_head(struct text *text, const struct login_page *page, const char *title)
{
	text_put(text,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
	    "<meta name=\"color-scheme\" content=\"light dark\">\n<title>",
	    title,
	    " – Oriel</title>\n"
	    "<link rel=\"icon\" href=\"",
	    page->mount,
	    "/icon.svg\" type=\"image/svg+xml\">\n"
	    "<link rel=\"stylesheet\" href=\"",
	    page->mount,
	    "/login.css\">\n</head>\n<body>\n"
	    "<main>\n<p class=\"name\">Oriel</p>\n<h1>",
	    title, "</h1>\n");
	if (page->error != NULL)
		text_put(
		    text, "<p role=\"alert\" class=\"error\" id=\"error\">", page->error, "</p>\n");
}

static void
login_page_begin_form(struct text *text, const struct login_page *page, const char *action)
{
	text_put(text, "<form method=\"post\" action=\"", page->mount, action, "",
	    "\">\n"
	    "<input type=\"hidden\" name=\"next\" value=\"",
	    page->next, "\">\n");
}

static void
login_page_login(struct text *text, const struct login_page *page)
{
	login_page_head(text, page, "Log in");
	login_page_begin_form(text, page, "/login");
	text_put(text,
	    "<label for=\"user\">Name</label>\n"
	    "<input id=\"user\" name=\"user\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\""
	    " maxlength=\"32\" required",
	    "", page->error == NULL ? " autofocus" : "", "", " value=\"", page->user,
	    "\">\n"
	    "<label for=\"pass\">Password</label>\n"
	    "<input id=\"pass\" name=\"pass\" type=\"password\" autocomplete=\"current-password\" maxlength=\"1024\""
	    " required",
	    "", page->error != NULL ? " autofocus aria-describedby=\"error\"" : "", "",
	    ">\n"
	    "<button>Log in</button>\n</form>\n");
}

static void
login_page_setup(struct text *text, const struct login_page *page)
{
	login_page_head(text, page, "Make the first user");
	text_put(text,
	    "<p>Nobody can log in yet. On the machine itself <code>sudo orielctl doctor</code> shows the "
	    "set-up token; it works once. The first user is an operator: may change, save and delete.</p>\n");
	login_page_begin_form(text, page, "/login");
	text_put(text,
	    "<label for=\"token\">Set-up token</label>\n"
	    "<input id=\"token\" name=\"token\" autocomplete=\"one-time-code\" autocapitalize=\"none\""
	    " spellcheck=\"false\" maxlength=\"40\" required autofocus>\n"
	    "<label for=\"user\">Name</label>\n"
	    "<input id=\"user\" name=\"user\" autocomplete=\"username\" autocapitalize=\"none\" spellcheck=\"false\""
	    " maxlength=\"32\" pattern=\"[a-z0-9][a-z0-9._\\-]*\" aria-describedby=\"rule\" required value=\"",
	    page->user,
	    "\">\n<small id=\"rule\">Small letters and digits; also . _ -</small>\n"
	    "<label for=\"pass\">Password</label>\n"
	    "<input id=\"pass\" name=\"pass\" type=\"password\" autocomplete=\"new-password\" minlength=\"10\""
	    " maxlength=\"1024\" aria-describedby=\"length\" required>\n"
	    "<small id=\"length\">At least 10 characters</small>\n"
	    "<label for=\"again\">The password again</label>\n"
	    "<input id=\"again\" name=\"again\" type=\"password\" autocomplete=\"new-password\" minlength=\"10\""
	    " maxlength=\"1024\" required>\n"
	    "<button>Make user and log in</button>\n</form>\n");
}

static void
login_page_welcome(struct text *text, const struct login_page *page)
{
	login_page_head(text, page, "You are logged in");
	text_put(
	    text, "<p>As <b>", page->user, "</b>. <a href=\"", page->next, "\">Go on</a></p>\n");
	login_page_begin_form(text, page, "/logout");
	text_put(text, "<button>Log out</button>\n</form>\n");
}

/* A link on another site has led here, and SameSite=Strict kept the cookie back. From this page
 * the browser asks again, and then sends it. */
static void
login_page_bounce(struct text *text, const struct login_page *page)
{
	text_put(text,
	    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Oriel</title>\n"
	    "<meta http-equiv=\"refresh\" content=\"0;url=",
	    page->next,
	    "\">\n</head>\n<body>\n<main>\n"
	    "<p><a href=\"",
	    page->next, "\">Go on</a></p>\n");
}

void
login_page_send(struct conn *conn, int status, const struct login_page *page)
{
	static void (*const kinds[])(struct text *, const struct login_page *) = {
		[LOGIN_PAGE_LOGIN] = login_page_login,
		[LOGIN_PAGE_SETUP] = login_page_setup,
		[LOGIN_PAGE_WELCOME] = login_page_welcome,
		[LOGIN_PAGE_BOUNCE] = login_page_bounce,
	};
	struct reply_head head;
	struct text text = { .used = 0 };

	kinds[page->kind](&text, page);
	text_put(&text, "</main>\n</body>\n</html>\n");
	reply_begin(&head, conn, status);
	reply_add(&head, "Content-Type: text/html; charset=utf-8");
	reply_add(&head, "Cache-Control: no-store");
	if (page->wait_s > 0)
		reply_add(&head, "Retry-After: %u", page->wait_s);
	reply_send(conn, &head, text.bytes, text.used);
}
