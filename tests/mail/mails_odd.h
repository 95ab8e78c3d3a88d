/* Reports whose form is unlike the others', and mails that only look like some: written for these
 * tests, lines ended by LF. */
#ifndef CANDOR_TESTS_MAIL_MAILS_ODD_H
#define CANDOR_TESTS_MAIL_MAILS_ODD_H

/* ISO 8859-1 as it is, in the header too; only the code needs no language. */
static const char odd_portuguese[] = "From: \"Administrador do sistema\" <postmaster@example.org>\n"
                                     "To: ann@example.net\n"
                                     "Subject: N\xe3o entregue: ata\n"
                                     "Content-Type: text/plain; charset=iso-8859-1\n"
                                     "\n"
                                     "A mensagem n\xe3o alcan\xe7ou quem devia.\n"
                                     "\n"
                                     "      ned@example.org em 09/03/2005 09:01\n"
                                     "            A conta n\xe3o existe nesta organiza\xe7\xe3o.\n"
                                     "            <mail.example.org #5.1.1>\n";

static const char odd_labels[] =
    "From: \"System Administrator\" <system.administrator@mail.example.net>\n"
    "To: ann@example.net\n"
    "Subject: Delivery Failure\n"
    "\n"
    "Could not deliver message to the following recipient(s):\n"
    "\n"
    "Failed Recipient: ned@example.org\n"
    "Reason: Remote host said: 550 5.1.1 nobody of that name\n"
    "\n"
    "Failed Recipient: olga@example.com\n"
    "Reason: The mailbox is full\n";

static const char odd_because[] = "From: Mail Router <postmaster@example.org>\n"
                                  "To: ann@example.net\n"
                                  "Subject: DELIVERY FAILURE\n"
                                  "\n"
                                  "Your message was not delivered to:\n"
                                  "\n"
                                  "  ned@example.org\n"
                                  "  olga@example.org\n"
                                  "\n"
                                  "because:\n"
                                  "\n"
                                  "  the disk quota is exceeded\n";

/* What no server of the report's own wrote is in front: the address, after a label. */
static const char odd_subscriber[] = "From: postmaster@phone.example\n"
                                     "To: ann@example.net\n"
                                     "Subject: Delivery Failed\n"
                                     "\n"
                                     "Your message to 5550123 could not be delivered\n"
                                     "The subscriber takes no mail.\n"
                                     "To: 5550123@phone.example\n";

static const char odd_answer[] = "From: postmaster@example.net\n"
                                 "To: ann@example.net\n"
                                 "Subject: Re: minutes\n"
                                 "\n"
                                 "Hi. This is the mail server at example.net.\n"
                                 "I'm afraid I wasn't able to deliver your message to these.\n"
                                 "\n"
                                 "ned@example.org\n"
                                 "Could not connect: Connection refused\n";

/* A sentence about the message that comes back, in front of what is said of it. */
static const char odd_sentence[] = "From: MAILER-DAEMON@example.net\n"
                                   "To: ann@example.net\n"
                                   "Subject: Undelivered Mail Returned to Sender\n"
                                   "\n"
                                   "If you do so, please include this problem report. You can\n"
                                   "delete your own text from the attached returned message.\n"
                                   "\n"
                                   "<ned@example.org>: host mx.example.org[192.0.2.1] said: 550\n"
                                   "    5.1.1 nobody of that name (in reply to RCPT TO command)\n";

/* The reason stands in front of the address. */
static const char odd_reason_first[] = "From: no-reply@phone.example\n"
                                       "Return-Path: <>\n"
                                       "To: ann@example.net\n"
                                       "Subject: Mail System Error - Returned Mail\n"
                                       "\n"
                                       "The mailbox of this phone is full.\n"
                                       "\n"
                                       "<ned@phone.example>\n"
                                       "\n"
                                       "Could not be delivered to: <ned@phone.example>\n";

static const char odd_status_as_file[] =
    "From: MAILER-DAEMON@example.net\n"
    "To: ann@example.net\n"
    "Subject: Delivery failure\n"
    "Content-Type: multipart/mixed; boundary=b\n"
    "\n"
    "--b\n"
    "\n"
    "See the attached report.\n"
    "--b\n"
    "Content-Type: application/octet-stream; name=details.txt\n"
    "\n"
    "Reporting-MTA: dns; example.net\n"
    "\n"
    "Final-Recipient: rfc822; ned@example.org\n"
    "Action: failed\n"
    "Status: 5.1.1\n"
    "--b--\n";

static const char odd_actual_recipient[] = "From: MAILER-DAEMON@example.net\n"
                                           "To: ann@example.net\n"
                                           "Subject: Delivery failure\n"
                                           "Content-Type: multipart/report; boundary=b\n"
                                           "\n"
                                           "--b\n"
                                           "Content-Type: message/delivery-status\n"
                                           "\n"
                                           "Reporting-MTA: dns; example.net\n"
                                           "\n"
                                           "X-Actual-Recipient: RFC822; ned@example.org\n"
                                           "Action: failed\n"
                                           "Status: 5.2.1\n"
                                           "--b--\n";

static const char odd_complaint[] = "From: staff@hotmail.example\n"
                                    "To: loop@example.net\n"
                                    "Subject: complaint about message from 192.0.2.1\n"
                                    "Content-Type: multipart/mixed; boundary=b\n"
                                    "\n"
                                    "--b\n"
                                    "Content-Type: message/rfc822\n"
                                    "\n"
                                    "X-HmXmrOriginalRecipient: <ned@example.org>\n"
                                    "From: news@example.net\n"
                                    "To: friends@example.net\n"
                                    "Subject: spring\n"
                                    "\n"
                                    "bulbs\n"
                                    "--b--\n";

static const char odd_hidden_complaint[] =
    "From: scomp@example.org\n"
    "To: loop@example.net\n"
    "Subject: Email Feedback Report for IP 192.0.2.1\n"
    "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n"
    "\n"
    "--b\n"
    "Content-Type: message/feedback-report\n"
    "\n"
    "Feedback-Type: abuse\n"
    "Redacted-Address: redacted@\n"
    "--b\n"
    "Content-Type: message/rfc822\n"
    "\n"
    "From: news@example.net\n"
    "To: undisclosed-recipients:;\n"
    "--b--\n";

/* Words that nobody here knows. */
static const char odd_language[] = "From: MAILER-DAEMON@example.net\n"
                                   "To: ann@example.net\n"
                                   "Subject: Mesazhi juaj\n"
                                   "\n"
                                   "Mesazhi nuk u dorezua.\n"
                                   "\n"
                                   "ned@example.org\n"
                                   "  Kutia postare nuk ekziston\n";

/* Who was meant, nobody says. */
static const char odd_unnamed[] = "From: MAILER-DAEMON@example.net\n"
                                  "To: ann@example.net\n"
                                  "Subject: Undeliverable mail\n"
                                  "\n"
                                  "Your message could not be delivered.\n"
                                  "\n"
                                  "552 5.2.2 the mailbox is full\n";

static const char odd_typed[] = "From: Mail Administrator <postmaster@example.org>\n"
                                "To: ann@example.net\n"
                                "Subject: Mail System Error - Returned Mail\n"
                                "\n"
                                "This message was undeliverable: unknown was\n"
                                "\n"
                                "SMTP <ned@example.org>\n";

/* A daemon that lists nobody. */
static const char odd_daemon[] = "From: MAILER-DAEMON@example.net\n"
                                 "To: ann@example.net\n"
                                 "Subject: Mesazhi juaj\n"
                                 "\n"
                                 "Shkruani te help@example.net.\n";

static const char odd_autosvar[] = "From: ned@example.org\n"
                                   "To: ann@example.net\n"
                                   "Subject: Autosvar: protokoll\n"
                                   "\n"
                                   "Jag \xc3\xa4r p\xc3\xa5 semester.\n";

/* Nothing was sent back here. */
static const char odd_parcel[] = "From: \"Parcels\" <noreply@parcels.example>\n"
                                 "To: ann@example.net\n"
                                 "Subject: Delivery failed: your parcel could not be delivered\n"
                                 "Auto-Submitted: auto-generated\n"
                                 "\n"
                                 "Your parcel could not be delivered to ann@example.net at home.\n";

static const char odd_maintenance[] = "From: postmaster@example.net\n"
                                      "To: all@example.net\n"
                                      "Subject: Maintenance: mail delivery delayed\n"
                                      "\n"
                                      "On Saturday mail that cannot be delivered will wait.\n"
                                      "Questions to help@example.net.\n";

#endif
