# Label an article over HTTP, with httr2. R counts code points, from 1 and inclusive: substr(text, start + 1, end).
library(httr2)

url <- Sys.getenv("ONRECORD_URL", "http://127.0.0.1:8000")
text <- paste(readLines(file("stdin"), encoding = "UTF-8"), collapse = "\n")
request <- request(url) |> req_url_path("/v1/extract") |> req_body_json(list(text = text))
if (nzchar(Sys.getenv("ONRECORD_KEY"))) request <- req_auth_bearer_token(request, Sys.getenv("ONRECORD_KEY"))
for (statement in resp_body_json(req_perform(request))$statements) {
  stopifnot(substr(text, statement$cue$start + 1, statement$cue$end) == statement$cue$text)
  cat(sprintf("%.2f  %s\n", statement$confidence, statement$headline))
}
