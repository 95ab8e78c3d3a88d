/* Reports without a part for programs, in the forms of many mail systems, and mails that are none:
 * written for these tests, lines ended by LF. */
#ifndef CANDOR_TESTS_MAIL_MAILS_FREE_H
#define CANDOR_TESTS_MAIL_MAILS_FREE_H

#define DAEMON(subject)                                                                            \
    "Return-Path: <>\n"                                                                            \
    "From: MAILER-DAEMON@mx.example.net\n"                                                         \
    "To: ann@example.net\n"                                                                        \
    "Subject: " subject "\n"                                                                       \
    "\n"

#define ORIGINAL                                                                                   \
    "Return-Path: <ann@example.net>\n"                                                             \
    "Received: from desk.example.net by mx.example.net; Mon, 5 Oct 2026 10:00:00 +0000\n"          \
    "From: ann@example.net\n"                                                                      \
    "To: someone-else@example.com\n"                                                               \
    "Subject: minutes\n"                                                                           \
    "\n"                                                                                           \
    "not@a-recipient.example\n"

static const char free_qmail[] =
    DAEMON("failure notice") "Hi. This is the qmail-send program at mx.example.net.\n"
                             "I'm afraid I wasn't able to deliver your message to the following "
                             "addresses.\n"
                             "\n"
                             "<ned@example.org>:\n"
                             "192.0.2.25 does not like recipient.\n"
                             "Remote host said: 550 5.1.1 <ned@example.org>... User unknown\n"
                             "Giving up on 192.0.2.25.\n"
                             "\n"
                             "<olga@example.org>:\n"
                             "192.0.2.25 failed after I sent the message.\n"
                             "Remote host said: 552 5.2.2 mailbox full\n"
                             "\n"
                             "--- Below this line is a copy of the message.\n"
                             "\n" ORIGINAL;

static const char free_exim[] = DAEMON(
    "Mail delivery failed: returning message to sender") "This message was created automatically "
                                                         "by mail delivery software.\n"
                                                         "\n"
                                                         "A message that you sent could not be "
                                                         "delivered to one or more of its\n"
                                                         "recipients. The following address(es) "
                                                         "failed:\n"
                                                         "\n"
                                                         "  ned@example.org\n"
                                                         "    SMTP error from remote mail server "
                                                         "after RCPT TO:<ned@example.org>:\n"
                                                         "    host mail.example.org [192.0.2.25]: "
                                                         "550-5.1.1 No such\n"
                                                         "    550 5.1.1 user here\n"
                                                         "  olga@example.com\n"
                                                         "    Unrouteable address\n"
                                                         "\n"
                                                         "------ This is a copy of the message, "
                                                         "including all the headers. ------\n"
                                                         "\n" ORIGINAL;

static const char free_sendmail[] = DAEMON(
    "Returned mail: see transcript for details") "The original message was received at Mon, 5 Oct "
                                                 "2026 10:00:00 GMT\n"
                                                 "\n"
                                                 "   ----- The following addresses had permanent "
                                                 "fatal errors -----\n"
                                                 "<ned@example.org>\n"
                                                 "<olga@example.com>\n"
                                                 "\n"
                                                 "   ----- Transcript of session follows -----\n"
                                                 "... while talking to mail.example.org.:\n"
                                                 ">>> RCPT To:<ned@example.org>\n"
                                                 "<<< 550-5.7.1 Not from\n"
                                                 "<<< 550 5.7.1 your address\n"
                                                 "554 5.0.0 <ned@example.org>... Service "
                                                 "unavailable\n"
                                                 "550 5.1.2 <olga@example.com>... Host unknown "
                                                 "(Name server: example.com: host not found)\n"
                                                 "\n"
                                                 "   ----- Original message follows -----\n"
                                                 "\n" ORIGINAL;

static const char free_postfix[] =
    DAEMON("Undelivered Mail Returned to Sender") "I'm sorry to have to inform you that your "
                                                  "message could not be delivered\n"
                                                  "to one or more recipients. For further "
                                                  "assistance, contact <postmaster@example.net>\n"
                                                  "\n"
                                                  "<ned@example.org>: host "
                                                  "mail.example.org[192.0.2.25] said: 450 4.2.0\n"
                                                  "    <ned@example.org>: Recipient address "
                                                  "rejected: Greylisted (in reply to\n"
                                                  "    RCPT TO command)\n";

static const char free_exchange[] = "From: System Administrator <postmaster@example.org>\n"
                                    "To: ann@example.net\n"
                                    "Subject: Undeliverable: minutes\n"
                                    "X-MS-Embedded-Report: \n"
                                    "\n"
                                    "Your message\n"
                                    "\n"
                                    "  To:      friends@example.org\n"
                                    "  Subject: minutes\n"
                                    "\n"
                                    "did not reach the following recipient(s):\n"
                                    "\n"
                                    "ned@example.org on Mon, 5 Oct 2026 10:00:00 +0200\n"
                                    "    The recipient name is not recognized\n";

static const char free_exchange_german[] =
    "From: postmaster@example.org\n"
    "To: ann@example.net\n"
    "Subject: Unzustellbar: Protokoll\n"
    "Content-Type: text/plain; charset=utf-16le\n"
    "Content-Transfer-Encoding: base64\n"
    "\n"
    /* "Fehler bei der Zustellung:\n\nned@example.org\n#550 5.2.2 Postfach voll\n" */
    "RgBlAGgAbABlAHIAIABiAGUAaQAgAGQAZQByACAAWgB1AHMAdABlAGwAbAB1AG4AZwA6AAoACgBu\n"
    "AGUAZABAAGUAeABhAG0AcABsAGUALgBvAHIAZwAKACMANQA1ADAAIAA1AC4AMgAuADIAIABQAG8A\n"
    "cwB0AGYAYQBjAGgAIAB2AG8AbABsAAoA\n";

static const char free_exchange_french[] =
    "From: =?iso-8859-1?Q?Administrateur_syst=E8me?= <postmaster@example.org>\n"
    "To: ann@example.net\n"
    "Subject: =?iso-8859-1?Q?Non_remis=A0=3A?= minutes\n"
    "Content-Type: text/plain; charset=iso-8859-1\n"
    "\n"
    "Votre message\n"
    "\n"
    "  A : amis@example.org\n"
    "  Objet : minutes\n"
    "\n"
    "n'est pas parvenu au(x) destinataire(s) suivant(s)\xa0:\n"
    "\n"
    "Ned le 05/10/2026 10:00\n"
    "    <mx.example.net #5.1.1 smtp;550 5.1.1 <ned@example.org>... User unknown>\n";

static const char free_domino[] =
    "From: Postmaster@example.org\n"
    "To: ann@example.net\n"
    "Subject: DELIVERY FAILURE: User ned not listed in Domino Directory\n"
    "\n"
    "Your message\n"
    "\n"
    "  Subject: minutes\n"
    "\n"
    "was not delivered to:\n"
    "\n"
    "  ned@example.org\n"
    "\n"
    "because:\n"
    "\n"
    "  User ned (ned@example.org) not listed in Domino Directory\n";

static const char free_gmail[] =
    DAEMON("Delivery Status Notification (Failure)") "Delivery to the following recipient failed "
                                                     "permanently:\n"
                                                     "\n"
                                                     "     ned@example.org\n"
                                                     "\n"
                                                     "Technical details of permanent failure:\n"
                                                     "The error that the other server returned "
                                                     "was: 554 5.7.0 Header error (state 18).\n"
                                                     "\n"
                                                     "----- Original message -----\n"
                                                     "\n" ORIGINAL;

static const char free_phone[] = DAEMON(
    "Mail System Error - Returned Mail") "Your mail sent on: Mon, 5 Oct 2026 10:00:00 +0900\n"
                                         "     Could not be delivered to: <ned@phone.example>\n"
                                         "     As their mailbox is full.\n";

static const char free_opensmtpd[] =
    DAEMON("Delivery status notification: error") "    Hi!\n"
                                                  "\n"
                                                  "    An error has occurred while attempting to "
                                                  "deliver a message for\n"
                                                  "    the following list of recipients:\n"
                                                  "\n"
                                                  "ned@example.org: 550 5.1.1 no such user\n"
                                                  "olga@example.com: Envelope expired\n"
                                                  "\n"
                                                  "    Below is a copy of the original message:\n"
                                                  "\n" ORIGINAL;

static const char free_delay[] = DAEMON(
    "Delayed Mail (still being retried)") "THIS IS A WARNING ONLY. YOU DO NOT NEED TO RESEND YOUR "
                                          "MESSAGE.\n"
                                          "\n"
                                          "<ned@example.org>: connect to "
                                          "mail.example.org[192.0.2.25]:25: Connection timed out\n"
                                          "\n"
                                          "Your message could not be delivered for more than 4 "
                                          "hour(s). It will be retried\n"
                                          "until it is 5 day(s) old.\n";

static const char free_only_returned[] =
    DAEMON("Returned mail: User unknown") "Message could not be delivered to mobile.\n"
                                          "Error: User unknown\n"
                                          "\n"
                                          "----- Original message -----\n"
                                          "From: ann@example.net\n"
                                          "To: 4915550000@phone.example\n"
                                          "Subject: minutes\n"
                                          "\n"
                                          "text\n";

static const char free_html[] =
    "From: postmaster@example.org\n"
    "Return-Path: <>\n"
    "To: ann@example.net\n"
    "Subject: Undeliverable: minutes\n"
    "Content-Type: text/html\n"
    "\n"
    "<html><style>b{}</style><body><p>Your message was not delivered to:</p>\n"
    "<p><a href=\"mailto:ned@example.org\">ned@<wbr>example.org</a></p>\n"
    "<p>550 5.1.1 &lt;ned@example.org&gt; is not here</p></body></html>\n";

static const char free_complaint[] =
    "From: feedback@example.org\n"
    "To: abuse@example.net\n"
    "Subject: complaint\n"
    "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n"
    "\n"
    "--b\n"
    "\n"
    "This is an abuse report.\n"
    "--b\n"
    "Content-Type: message/feedback-report\n"
    "\n"
    "Feedback-Type: abuse\n"
    "Original-Rcpt-To: <ned@example.org>\n"
    "--b\n"
    "Content-Type: message/rfc822\n"
    "\n" ORIGINAL "--b--\n";

static const char free_vacation[] = "From: Ned <ned@example.org>\n"
                                    "To: ann@example.net\n"
                                    "Subject: Out of office: minutes\n"
                                    "Auto-Submitted: auto-replied\n"
                                    "\n"
                                    "I am away until Monday. Ask olga@example.org.\n";

static const char free_challenge[] =
    "From: Ned <ned@example.org>\n"
    "To: ann@example.net\n"
    "Subject: Please confirm your message\n"
    "\n"
    "Reply to this message to confirm that you sent the mail below.\n";

static const char free_ses[] =
    "From: no-reply@sns.example\n"
    "To: ann@example.net\n"
    "Subject: AWS Notification Message\n"
    "\n"
    "{\"notificationType\":\"Bounce\",\"bounce\":{\"bounceType\":\"Permanent\","
    "\"bouncedRecipients\":[{\"emailAddress\":\"ned@example.org\",\"action\":\"failed\","
    "\"status\":\"5.1.1\",\"diagnosticCode\":\"smtp; 550 5.1.1 \\\"ned\\\" is\n"
    "  unknown\"},{\"emailAddress\":\"olga@example.org\",\"status\":\"5.2.2\"},"
    "{\"emailAddress\":\"o\x01ga@example.org\"},{\"emailAddress\":\"\xff"
    "ga@example.org\"}]},"
    "\"mail\":{\"source\":\"ann@example.net\",\"destination\":[\"all@example.org\"]}}\n"
    "\n"
    "--\n"
    "If you wish to stop these, write to out@example.com\n";

static const char free_success[] =
    DAEMON("Successful Mail Delivery Report") "<ned@example.org>: delivery via "
                                              "mail.example.org[192.0.2.25]: 250 2.0.0 Ok\n"
                                              "Your message was successfully delivered to the "
                                              "destination(s) listed above.\n";

static const char free_forward[] =
    "From: Ann <ann@example.net>\n"
    "To: help@example.net\n"
    "Subject: Fwd: failure notice\n"
    "Content-Type: multipart/mixed; boundary=f\n"
    "\n"
    "--f\n"
    "\n"
    "What is this? Tell bob@example.net.\n"
    "--f\n"
    "Content-Type: message/rfc822\n"
    "\n" DAEMON("failure notice") "Hi. This is the qmail-send program at mx.example.net.\n"
                                  "I'm afraid I wasn't able to deliver your message to the "
                                  "following addresses.\n"
                                  "\n"
                                  "<ned@example.org>:\n"
                                  "Remote host said: 550 5.1.1 nobody\n"
                                  "--f--\n";

#define IN_UTF8(from, subject)                                                                     \
    "Return-Path: <>\n"                                                                            \
    "From: " from "\n"                                                                             \
    "To: ann@example.net\n"                                                                        \
    "Subject: " subject "\n"                                                                       \
    "Content-Type: text/plain; charset=utf-8\n"                                                    \
    "\n"

/* Addresses touch the words and marks of a language that has no blanks. */
static const char free_chinese[] =
    IN_UTF8("PostMaster@example.org", "系统退信") "抱歉，您的邮件被退回来了\n"
                                                  "\n"
                                                  "收件人：ned@example.org\n"
                                                  "主题：minutes\n"
                                                  "退信原因：收件人的邮箱已满\n";

static const char free_japanese[] =
    IN_UTF8("MAILER-DAEMON@example.jp", "配信エラー") "次の宛先へのメールは配信できませんでした。\n"
                                                      "\n"
                                                      "宛先ned@example.orgは存在しません\n";

static const char free_russian[] = IN_UTF8(
    "mailer-daemon@example.org",
    "Недоставленное сообщение") "К сожалению, Ваше письмо не может быть доставлено получателям:\n"
                                "\n"
                                "ned@example.org: 550 Пользователь не найден\n";

static const char free_mdaemon[] = DAEMON(
    "Permanent Delivery Failure") "The attached message had PERMANENT fatal delivery errors!\n"
                                  "\n"
                                  "Failed address: ned@example.org\n"
                                  "\n"
                                  "--- Session Transcript ---\n"
                                  " Mon 2026-10-05 10:00:01: --> RCPT To:<ned@example.org>\n"
                                  " Mon 2026-10-05 10:00:01: <-- 550 5.1.1 nobody of that name\n"
                                  "--- End Transcript ---\n";

static const char free_smartermail[] =
    DAEMON("Delivery Failure") "Could not deliver message to the following recipient(s):\n"
                               "\n"
                               "Failed Recipient: ned@example.org\n"
                               "Reason: Remote host said: 550 5.1.1 User unknown\n"
                               "\n"
                               "   -- The header and top 20 lines of the message follows --\n"
                               "\n" ORIGINAL;

/* None of these is about a delivery. */
static const char free_chinese_letter[] =
    "From: 王 <wang@example.org>\n"
    "To: ann@example.net\n"
    "Subject: 会议\n"
    "Content-Type: text/plain; charset=utf-8\n"
    "\n"
    "昨天我给li@example.org的邮件被退回，地址：li@example.org不存在。\n";

static const char free_bounce_newsletter[] =
    "From: Mail Weekly <news@example.org>\n"
    "To: ann@example.net\n"
    "Subject: Mail delivery failed: what bounces mean\n"
    "List-Unsubscribe: <mailto:out@example.org>\n"
    "Precedence: bulk\n"
    "\n"
    "When a message could not be delivered, you see lines like this one:\n"
    "\n"
    "<ned@example.org>: 550 5.1.1 User unknown\n";

static const char free_read_receipt[] =
    "From: Ned <ned@example.org>\n"
    "To: ann@example.net\n"
    "Subject: Read: minutes\n"
    "Content-Type: multipart/report; report-type=disposition-notification; boundary=r\n"
    "\n"
    "--r\n"
    "\n"
    "Your message was read.\n"
    "--r\n"
    "Content-Type: message/disposition-notification\n"
    "\n"
    "Final-Recipient: rfc822;ned@example.org\n"
    "Disposition: manual-action/MDN-sent-manually; displayed\n"
    "--r--\n";

static const char free_person[] =
    "From: Bob <bob@example.org>\n"
    "To: ann@example.net\n"
    "Subject: Re: Mail delivery failed?\n"
    "\n"
    "ned@example.org wrote:\n"
    "> My message to olga@example.org could not be delivered: 550 5.1.1 User unknown.\n"
    "Try again, and tell me.\n";

static const char free_letter[] = "Return-Path: <news@example.org>\n"
                                  "From: News <noreply@example.org>\n"
                                  "To: ann@example.net\n"
                                  "Subject: Your parcel could not be delivered\n"
                                  "List-Unsubscribe: <mailto:out@example.org>\n"
                                  "\n"
                                  "For help: help@example.org. Order 550 was rejected by you.\n";

static const char free_postmaster[] = "From: Postmaster <postmaster@example.org>\n"
                                      "To: ann@example.net\n"
                                      "Subject: maintenance on Sunday\n"
                                      "\n"
                                      "Mail will be slow. Questions to: help@example.org\n";

#endif
